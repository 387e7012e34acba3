# Sends a message to each recipient over one connection of net/smtp: PORT RECIPIENT...
require "net/smtp"

Net::SMTP.start("127.0.0.1", ARGV[0].to_i, helo: "client.example", tls: false, starttls: false) do |smtp|
  ARGV.drop(1).each do |recipient|
    smtp.send_message("From: app@example.com\r\nTo: #{recipient}\r\nSubject: Ruby\r\n\r\nx\r\n", "app@example.com", recipient)
  rescue Net::ProtocolError, IOError, SystemCallError => e
    warn "#{recipient} #{e.message}"
  end
end

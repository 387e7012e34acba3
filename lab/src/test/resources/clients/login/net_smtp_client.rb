# Sends a message with Ruby's Net::SMTP. PORT NAME PASSWORD RECIPIENT [CA]
require "net/smtp"

port, name, password, recipient, ca = ARGV
smtp = Net::SMTP.new("localhost", port.to_i)
if ca
  trust = OpenSSL::SSL::SSLContext.new
  trust.verify_mode = OpenSSL::SSL::VERIFY_PEER
  trust.ca_file = ca
  smtp.enable_starttls(trust)
else
  smtp.disable_starttls if smtp.respond_to?(:disable_starttls)
end
smtp.start("client.example", name, password, ca ? :plain : :login) do |session|
  session.send_message("From: noreply@example.com\r\nTo: #{recipient}\r\nSubject: Net::SMTP\r\n\r\ntext\r\n", "noreply@example.com", recipient)
end

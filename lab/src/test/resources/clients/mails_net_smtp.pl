# Sends a message to each recipient over one connection of Net::SMTP: PORT RECIPIENT...
use strict;
use warnings;
use Net::SMTP;

my ($port, @recipients) = @ARGV;
my $smtp = Net::SMTP->new("127.0.0.1", Port => $port, Hello => "client.example") or die "not connected";
for my $recipient (@recipients) {
    if ($smtp->mail("app\@example.com") && $smtp->to($recipient) && $smtp->data) {
        $smtp->datasend("From: app\@example.com\nTo: $recipient\nSubject: Net::SMTP\n\nx\n");
        $smtp->dataend or warn "$recipient ", $smtp->message;
    } else {
        warn "$recipient ", $smtp->message;
    }
}
$smtp->quit;

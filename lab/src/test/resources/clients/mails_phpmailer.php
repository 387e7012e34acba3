<?php
// Sends a message to each recipient over one connection of PHPMailer: PORT RECIPIENT...
use PHPMailer\PHPMailer\PHPMailer;

foreach (['Exception', 'PHPMailer', 'SMTP'] as $part) {
    require_once "/usr/share/php/libphp-phpmailer/src/$part.php";
}

$mail = new PHPMailer();
$mail->isSMTP();
$mail->Host = '127.0.0.1';
$mail->Port = (int) $argv[1];
$mail->SMTPAutoTLS = false;
$mail->SMTPKeepAlive = true;
$mail->setFrom('app@example.com');
$mail->Subject = 'PHPMailer';
$mail->Body = 'x';
foreach (array_slice($argv, 2) as $recipient) {
    $mail->clearAddresses();
    $mail->addAddress($recipient);
    if (!$mail->send()) {
        fwrite(STDERR, "$recipient $mail->ErrorInfo\n");
    }
}
$mail->smtpClose();

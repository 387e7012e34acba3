<?php
// Sends a message with PHPMailer, which logs in as soon as a name is set. PORT NAME PASSWORD RECIPIENT [CA]
foreach (['Exception', 'SMTP', 'PHPMailer'] as $part) {
    require '/usr/share/php/libphp-phpmailer/src/' . $part . '.php';
}
[, $port, $name, $password, $recipient] = $argv;
$mail = new PHPMailer\PHPMailer\PHPMailer(true);
$mail->isSMTP();
$mail->Host = 'localhost';
$mail->Port = (int) $port;
$mail->SMTPAuth = true;
$mail->Username = $name;
$mail->Password = $password;
if (isset($argv[5])) {
    $mail->SMTPSecure = PHPMailer\PHPMailer\PHPMailer::ENCRYPTION_STARTTLS;
    $mail->SMTPOptions = ['ssl' => ['cafile' => $argv[5]]];
}
$mail->setFrom('noreply@example.com');
$mail->addAddress($recipient);
$mail->Subject = 'PHPMailer';
$mail->Body = 'text';
$mail->send();

"""Sends a message to each recipient over one connection of smtplib: PORT RECIPIENT..."""
import smtplib
import sys
from email.message import EmailMessage

smtp = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), local_hostname="client.example")
for recipient in sys.argv[2:]:
    mail = EmailMessage()
    mail["From"] = "app@example.com"
    mail["To"] = recipient
    mail["Subject"] = "smtplib"
    mail.set_content("x")
    try:
        smtp.send_message(mail)
    except smtplib.SMTPException as refused:
        print(recipient, refused, file=sys.stderr)
smtp.quit()

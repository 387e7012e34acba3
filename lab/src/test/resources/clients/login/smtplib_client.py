# Sends a message as Django does: STARTTLS if a CA is given, then a login. PORT NAME PASSWORD RECIPIENT [CA]
import smtplib, ssl, sys

port, name, password, recipient, *ca = sys.argv[1:]
with smtplib.SMTP("localhost", int(port), timeout=30) as smtp:
    if ca:
        smtp.starttls(context=ssl.create_default_context(cafile=ca[0]))
    smtp.login(name, password)
    smtp.sendmail("noreply@example.com", [recipient], "From: noreply@example.com\r\nTo: %s\r\nSubject: smtplib\r\n\r\ntext\r\n" % recipient)

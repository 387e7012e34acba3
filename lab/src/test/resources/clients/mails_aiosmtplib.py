"""Sends a message to each recipient over one connection of aiosmtplib: PORT RECIPIENT..."""
import asyncio
import sys
from email.message import EmailMessage

import aiosmtplib


async def main():
    smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=int(sys.argv[1]), start_tls=False)
    await smtp.connect()
    for recipient in sys.argv[2:]:
        mail = EmailMessage()
        mail["From"] = "app@example.com"
        mail["To"] = recipient
        mail["Subject"] = "aiosmtplib"
        mail.set_content("x")
        try:
            await smtp.send_message(mail)
        except aiosmtplib.SMTPException as refused:
            print(recipient, refused, file=sys.stderr)
    await smtp.quit()


asyncio.run(main())

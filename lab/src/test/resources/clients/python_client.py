"""Sends a booking as Python's email package writes it: python_client.py PORT RECIPIENT..."""
import smtplib
import sys
from email.message import EmailMessage

CALENDAR = """BEGIN:VCALENDAR\r
VERSION:2.0\r
METHOD:REQUEST\r
BEGIN:VEVENT\r
UID:python@example.com\r
DTSTART:20270104T090000Z\r
DTEND:20270104T100000Z\r
SUMMARY:Grüße aus der Buchung\r
ORGANIZER:mailto:organiser@organiser.example\r
ATTENDEE;CN=Booker:mailto:booker@booker.example\r
END:VEVENT\r
END:VCALENDAR\r
"""

port, recipients = int(sys.argv[1]), sys.argv[2:]
mail = EmailMessage()
mail["From"] = "Cälendar <calendar@organiser.example>"
mail["To"] = "Organiser <organiser@organiser.example>, Booker <booker@booker.example>"
mail["Subject"] = "Booking by Python"
mail.set_content("Booked. Grüße.")
mail.add_alternative("<p>Booked. Grüße.</p>", subtype="html")
mail.add_attachment(CALENDAR, subtype="calendar", params={"method": "REQUEST"}, filename="Einladung für Büro.ics")
with smtplib.SMTP("127.0.0.1", port) as smtp:
    smtp.send_message(mail, from_addr="calendar@organiser.example", to_addrs=recipients)

"""Sends a message to each recipient in one Django connection, with fail_silently: PORT RECIPIENT..."""
import sys

from django.conf import settings

settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=int(sys.argv[1]), USE_TZ=True)

from django.core.mail import EmailMessage, get_connection  # noqa: E402

connection = get_connection("django.core.mail.backends.smtp.EmailBackend", fail_silently=True)
connection.send_messages([EmailMessage("Django", "x", "app@example.com", [recipient]) for recipient in sys.argv[2:]])

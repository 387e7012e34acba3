"""No attack: what the ordinary client has when nobody else is there, so that the other rows can be compared with it."""
import time

NAME = "quiet"


def attack(_relay, seconds):
    time.sleep(seconds)

"""No attack. The values of the ordinary client alone, for comparison with the other rows."""
import time

NAME = "quiet"


def attack(_relay, seconds):
    time.sleep(seconds)

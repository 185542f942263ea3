"""Gives zoneinfo its data: read once, when the snapshot is made, and from then on a part of Python's memory."""

import io
import json
import zoneinfo
from zoneinfo import _common, _tzpath

NOT_FOUND = "No time zone found with key {key}: zoneinfo.available_timezones() has their names, such as Europe/Berlin."


def install(files, places):
    def load_tzdata(key):
        if key not in places:
            raise _common.ZoneInfoNotFoundError(NOT_FOUND.format(key=key))
        begin, end = places[key]
        return io.BytesIO(files[begin:end])

    def available_timezones():
        return set(places)

    _common.load_tzdata = load_tzdata
    zoneinfo.available_timezones = _tzpath.available_timezones = available_timezones


with open("/zones", "rb") as files, open("/zones.json", encoding="utf-8") as places:
    install(files.read(), json.load(places))

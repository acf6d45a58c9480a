"""How questions word conditions. Data: patterns that stand before or after the name of a compound."""

from __future__ import annotations

import re


def _pattern(*parts: str) -> re.Pattern[str]:
    return re.compile("".join(parts), re.IGNORECASE)


NUMBER = r"(?P<number>\d+(?:\.\d+)?)(?!\s*(?:%|percent|\d))"
_UNIT = r"(?:\s*mmol(?:\s*(?:/|per)\s*gDW(?:\s*(?:/|per)\s*h(?:our|r)?)?)?(?:\s*h-1)?)?"
_OR = r"(?:and|or|vs\.?|versus|than|compared\s+(?:to|with))"

VALUE_AFTER = _pattern(
    r"\s*(?:uptake|import|exchange|availability|supply|influx)?(?:\s+(?:rate|limit|bound))?",
    r"(?:\s*(?:is|at|of|=|:|to|with|was|be|limited|restricted|set|fixed|changed|bounded|up to|at most"
    r"|only))*",
    rf"\s*{NUMBER}{_UNIT}",
)
VALUE_BEFORE = _pattern(NUMBER, r"(?:\s*mmol\S*(?:\s+per\s+gDW\s+(?:and|per)\s+h\w*)?)?\s*(?:of\s+)?$")

NONE_BEFORE = _pattern(
    r"\b(?:without|no|absen(?:ce|t)(?:\s+of)?|lack(?:ing|\s+of)|minus|remov(?:e|ing)|omit(?:ting)?",
    r"|exclud(?:e|ing)|clos(?:e|ing)|deplet\w+(?:\s+of)?|delet(?:e|ing))",
    r"\s+(?:the\s+|any\s+|all\s+)?(?:uptake\s+of\s+)?$",
)
NONE_AFTER = _pattern(
    r"[- ](?:free|deprived|depleted)\b|\s+(?:is|are)\s+(?:absent|missing|removed|depleted)\b"
)
BOTH_BEFORE = _pattern(rf"\bwith\s+{_OR}\s+without\s+$")
MUCH_BEFORE = _pattern(r"\b(?:unlimited|unrestricted|excess(?:\s+of)?)\s+$")
WITH_BEFORE = _pattern(
    r"\b(?:with|plus|add(?:ing|itional|ed)?|supplement\w*(?:\s+with)?|extra)\s+(?:some\s+|added\s+)?$"
)

SOLE_BEFORE = _pattern(
    r"\b(?:on|using|fed(?:\s+with)?|from|(?:replac\w+|switch\w*|chang\w+)\s+(?:\w+\s+){1,3}(?:by|with|to))",
    r"\s+(?:only\s+|just\s+|pure\s+|a\s+|an\s+|the\s+)?$",
)
SOLE_AFTER = _pattern(
    r"\s+(?:as|is|being)\s+(?:the\s+|a\s+|its\s+)?(?:(?:sole|only|single|main)\s+)?",
    r"(?:carbon|c|energy)?[- ]?source(?:\s+of\s+carbon)?|\s+instead\s+of\s+[\w-]+"
    r"|\s+replac(?:es|ing)\s+[\w-]+"
    r"|\s+in\s+place\s+of\s+[\w-]+|\s+alone\b",
)
JOIN_BEFORE = _pattern(
    rf"(?:,|\b(?:{_OR}|against|compare))\s*(?:and\s+)?(?:on\s+|with\s+|using\s+|from\s+)?$"
)
MEDIUM_AFTER = _pattern(r"\s+(?:minimal\s+)?(?:medium|media)\b|\s+(?:only|alone)\b")

_ANAEROBIC = r"(?:an-?aerob\w*|anoxic\w*)(?:\s+conditions?)?"
_AEROBIC = r"(?<!an)(?<!an-)\baerob\w*(?:\s+conditions?)?"

OXYGEN_BOTH = _pattern(
    rf"with\s+(?:oxygen|o2)\s+{_OR}\s+without(?:\s+(?:oxygen|o2|it))?",
    rf"|with\s+{_OR}\s+without\s+(?:oxygen|o2)",
    rf"|{_AEROBIC}[\s,]+{_OR}\s+(?:under\s+)?{_ANAEROBIC}",
    rf"|{_ANAEROBIC}[\s,]+{_OR}\s+(?:under\s+)?{_AEROBIC}",
    r"|presence\s+(?:and|or)\s+absence\s+of\s+oxygen",
)
OXYGEN_OFF = _pattern(rf"\b(?:(?:under|in)\s+)?{_ANAEROBIC}|\bferment(?:ation|atively)\b")
OXYGEN_ON = _pattern(rf"\b(?:(?:under|in)\s+)?{_AEROBIC}")

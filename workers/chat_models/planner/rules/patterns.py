"""How questions express conditions: patterns of tags around a compound, which is `C`; a number is `N`.

Tags are concepts of `lexicon.toml`, so each pattern holds for every language and every synonym.
"""

from __future__ import annotations

from collections.abc import Mapping

_UPTAKE = r"(?:uptake |rate |exchange |flux |carbon_source |nitrogen_source )*"

NONE_BEFORE = (
    rf"\b(?:without|no|absent|remove|instead|lacking|not with|instead (?:with|on|in|by)) (?:in )?{_UPTAKE}$"
)
NONE_AFTER = (
    r"^(?: uptake)?(?: in| on)?(?: medium)?"
    r"(?: (?:absent|remove|without)(?! C| (?:(?:to|at|by) )+N)| not with| to absent)\b"
)
NONE_LIST_AFTER = r"^(?:(?: (?:and|or|comma))+ C)+(?: uptake)?(?: absent| remove)\b"
"""More compounds of a list, which are all closed."""
NEEDED_AFTER = r"^ (?:need|essential)\b"
NEEDED_BEFORE = r"^(?:do )?need $"
FOR_GROWTH_AFTER = r"^(?: at| to| on| with)*(?: growth| live)?(?: END)?$"
"""Whether something is needed is seen without it."""
BOTH_BEFORE = r"\b(?:with (?:and |or |versus |comma )*without|without (?:and |or |versus |comma )*with) $"
CONTRAST_AFTER = r"^ (?:instead|not|then not) with (?!C)"
"""After a compound that is closed: "without oxygen but not with it"."""
LISTED = r"(?:(?:and|or|comma) )+"
"""Stands between compounds that share a condition."""

_TO = (
    r"(?: comma(?= uptake)| limited| of| uptake| rate| exchange| flux| at| on| to| by| in| with| sole| set"
    r"| as| remove| medium| decrease| increase| threshold| maximise| fixed)*"
)
_COUNTED = "C|knockout|points|growth|sample|chains|alternatives|gene|reaction|medium|media|N"
VALUE_AFTER = rf"^{_TO} N\b(?! (?:{_COUNTED})\b)"
STATED_AFTER = rf"^{_TO}(?: comma)? N\b(?! C)"
"""The same for a number with the unit of an uptake, which cannot count anything else."""
MORE_VALUES = (
    r"^(?: (?:and|or|comma|versus|then|to|at|on|by|with))+ N\b"
    r"(?! (?:uptake |at |on |of )*(?:C|points|sample|gene|reaction))"
)
VALUES_BEFORE = r"(?:\bN (?:(?:and|or|comma|versus|at|with|on) )+)+$"
VALUE_BEFORE = r"\bN (?:uptake |at |on |of )*$"
UPTAKE_BEFORE = r"\b(?:(?:with|plus|at|if|on) )?uptake (?:rate |maximise )*(?:(?:at|of|on) )*$"
UPTAKE_AFTER = r"^(?: uptake| rate)+"
FACTOR_BEFORE = r"\b(?:double|triple|quadruple|halve|P) (?:plus |more )?(?:uptake )?$"
FACTOR_AFTER = r"^(?: uptake)* (?:double|triple|quadruple|halve)\b"
FACTORS: Mapping[str, float] = {"double": 2.0, "triple": 3.0, "quadruple": 4.0, "halve": 0.5}

MUCH_BEFORE = r"\bunlimited (?:uptake )?$"
MUCH_AFTER = r"^(?: uptake)? unlimited\b"
WITH_BEFORE = r"\b(?:with|plus|add)(?: then| at| to)? $"
ADDED_TO = r"\badd (?:N )?C (?:(?:to|at|on|in) )*$"
LIMITED_AFTER = r"^ limited\b"
KEPT_AFTER = r"^ (?:kept|not (?:set|replace|remove))\b"
OBJECTIVE_AFTER = r"^ (?:(?:as|at|how|use|to) )*objective\b"
OBJECTIVE_BEFORE = r"\b(?:objective (?:(?:at|to|with|as|on|comma|flux) )*|flux (?:with )?maximise )$"
OF_THE_MEDIUM = r"^(?: (?:on|in|at|to|of|with|by))* (?:medium|default_medium|media)\b"

_IN = r"(?<!yield )(?<!produce )(?<!maximise )in"
_SOURCE = r"carbon_source(?: as| at| on| with| comma| in| use)*"
SOLE_BEFORE = (
    rf"\b(?:(?:on|use|ferment|sole with|live|live of)(?: in)?(?: plus)?|{_IN}|{_SOURCE}) (?:sole |uptake )*$"
)
SOLE_AFTER = (
    r"^(?: compatible| can)?(?: as| at| in)*(?: sole)*(?: and)? carbon_source\b"
    r"|^(?: as)? sole\b(?! nitrogen)|^ instead_alone\b"
)
SOLE_LIST_AFTER = r"^(?:(?: (?:and|or|comma))+ C)+(?: as| at| in)*(?: sole)*(?: and)? carbon_source\b"
"""More compounds of a list, which are all a source of carbon."""
MEDIUM_AFTER = r"^(?: minimal)? (?:medium|media)\b"
JOINED = r"(?:(?:and|or|comma|versus|than|compare|with|on|use|in|then|to|differ|between) )+"
"""Stands between alternatives."""
PLUS = r"(?:(?:and|comma) )?plus (?:on )?|and (?:with|add) |with "
TOGETHER = r"^ together\b"
NITROGEN_AFTER = r"^(?: can)?(?: as)?(?: sole)?(?: and)? nitrogen_source\b"
NITROGEN_BEFORE = r"\bnitrogen_source (?:as |with |at |comma )?$"
RANGE_AFTER = r"^(?: uptake| rate)*(?: on| between| of) N (?:to|and|at) N\b"
"""The ends of an axis, not an uptake: "glucose from 0 to 20"."""
RANGE = r"(?:on|between|of) N (?:to|and|at) N"
CHOICE = r"(?:comma )?or "
"""Stands between nutrients of which one is fed."""
CHANGED_FROM = r"^ to anaerobic\b"

_BY = r"(?:(?:by|with|to|at|on|comma|use|as) )*"
SWAPS = (
    r"\b(?P<new>C) (?P<old>C) replace\b(?! (?:by|with|to|at|on)\b)",
    r"\b(?P<old>C) replaced_by (?:on )?(?:N )?(?P<new>C)\b",
    rf"\breplace (?:on )?(?P<old>C) {_BY}(?:N )?(?P<new>C)\b",
    r"\b(?P<old>C) replace (?:(?:by|with|to|at|on) )+(?:N )?(?P<new>C)\b",
    r"\b(?P<old>C) (?:(?:by|with|to|on|at) )+(?:N )?(?P<new>C) replace\b",
    r"\b(?P<new>C) (?:at |on )*(?:N )?replace (?P<old>C)\b",
    r"\b(?P<new>C) (?:at |on )*(?:N )?(?:use )?instead (?:(?:with|on|in|by) )?(?P<old>C)\b",
    rf"\binstead (?:(?:with|on|in|by) )?(?P<old>C) {_BY}(?:N )?(?P<new>C)\b",
    r"\bon (?P<old>C) (?:to|at|in) (?:N )?(?P<new>C)\b",
)
"""One compound in the place of another."""

NAME_AFTER = r"^ in name\b|^ name\b"
"""Marks a word to search for, not a compound of the medium."""

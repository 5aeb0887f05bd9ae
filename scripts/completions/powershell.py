r"""Completion for PowerShell 5.1 and later: one native argument completer.

Where the completer returns nothing, PowerShell offers files by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from completions.facts import (
    NAMES,
    PICTURE_SUFFIXES,
    VERBS,
    Kind,
    all_options,
    kind_of,
    names,
    options,
    values_of,
)
from nano_edit.cli.choices import SHELLS
from nano_edit.cli.command_table import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCRIPT = r"""# Tab completion of nano-edit for PowerShell. Generated from the
# program's options; it starts no program.

Register-ArgumentCompleter -Native -CommandName 'nano-edit' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # Options and what they do; the commands with their options and words; then the
    # values of the options that take one of a list.
    $options = [ordered]@{
%(options)s
    }
    $commands = [ordered]@{
%(commands)s
    }
    $words = [ordered]@{
%(words)s
    }
    $values = @{
%(values)s
    }
    $optional = @{
%(optional)s
    }
    # Options whose value only the user or the file system knows.
    $others = @(%(others)s)

    function Complete([string[]] $candidates, [string] $head, [string] $begun) {
        foreach ($each in $candidates) {
            if ($each.StartsWith($begun, [StringComparison]::OrdinalIgnoreCase)) {
                [System.Management.Automation.CompletionResult]::new(
                    "$head$each", $each, 'ParameterValue', $each)
            }
        }
    }

    $word = "$wordToComplete"
    $before = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text })
    $previous = "$($before[-1])"
    $command = 'edit'
    if ($before.Count -gt 1 -and $words.Contains("$($before[1])")) {
        $command = "$($before[1])"
        if ($before.Count -gt 2 -and $commands.Contains("$command $($before[2])")) {
            $command = "$command $($before[2])"
        }
    }

    if ($values.ContainsKey($previous)) {
        return Complete $values[$previous] '' $word
    }
    if ($others -ccontains $previous) { return }
    if ($word -match '^(--[^=]+)=(.*)$') {
        $name, $begun = $Matches[1], $Matches[2]
        if ($values.ContainsKey($name)) {
            return Complete $values[$name] "$name=" $begun
        }
        if ($optional.ContainsKey($name)) {
            return Complete $optional[$name] "$name=" $begun
        }
        return
    }
    if ($word.StartsWith('-') -and $before -cnotcontains '--') {
        foreach ($each in -split "$($commands[$command])") {
            if ($each.StartsWith($word, [StringComparison]::Ordinal)) {
                [System.Management.Automation.CompletionResult]::new(
                    $each, $each, 'ParameterName', $options[$each])
            }
        }
        return
    }
    if ($before.Count -eq 1) {
        return Complete @($words.Keys) '' $word
    }
    if ($before.Count -eq 2 -and $words.Contains($command) -and $words[$command]) {
        return Complete (-split $words[$command]) '' $word
    }
    # Pictures and folders; any file where there are none.
    [System.Management.Automation.CompletionCompleters]::CompleteFilename($word) |
        Where-Object {
            $_.ResultType -eq 'ProviderContainer' -or
            $_.ListItemText -match '\.(%(suffixes)s)$'
        }
}
"""


def script() -> str:
    """Return the script, to be dot-sourced from the user's profile."""
    return _SCRIPT % {
        "options": "\n".join(_options()),
        "commands": "\n".join(_commands()),
        "words": "\n".join(_words()),
        "values": "\n".join(_values()),
        "optional": "\n".join(_optional()),
        "others": ", ".join(_others()),
        "suffixes": "|".join(PICTURE_SUFFIXES),
    }


def _options() -> Iterator[str]:
    """Yield each flag with what it does; PowerShell's keys have no case."""
    told: set[str] = set()
    for row in all_options():
        said = dict.fromkeys(row.flags, row.brief)
        said |= dict.fromkeys(row.negations, row.opposite)
        for flag, brief in said.items():
            if flag.lower() not in told:
                told.add(flag.lower())
                yield f"        {_quoted(flag)} = {_quoted(brief)}"


def _commands() -> Iterator[str]:
    for command in NAMES:
        flags = " ".join(flag for row in options(command) for flag in names(row))
        yield f"        {_quoted(command)} = {_quoted(flags)}"


def _words() -> Iterator[str]:
    """Yield each first word with the words that may follow it."""
    more = {**{group: " ".join(verbs) for group, verbs in VERBS.items()}}
    more |= {"completion": " ".join(SHELLS), "help": " ".join((*WORDS, "exit"))}
    for word in WORDS:
        yield f"        {_quoted(word)} = {_quoted(more.get(word, ''))}"


def _values() -> Iterator[str]:
    for row in all_options():
        if values_of(row):
            listed = ", ".join(map(_quoted, values_of(row)))
            yield from (f"        {_quoted(flag)} = {listed}" for flag in row.flags)


def _optional() -> Iterator[str]:
    for row in all_options():
        if row.value:
            yield f"        {_quoted(row.flags[-1])} = {_quoted(row.value)}"


def _others() -> Iterator[str]:
    for row in all_options():
        if row.metavar and kind_of(row) is not Kind.WORDS:
            yield from map(_quoted, row.flags)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

r"""Completion for PowerShell 5.1 and later: one native argument completer.

Where the completer returns nothing, PowerShell offers files by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nano_edit.cli.help.reference import PICTURE_SUFFIXES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nano_edit.cli.help.reference import Reference

_SCRIPT = r"""# Tab completion of nano-edit for PowerShell. Generated from the
# program's options; it starts no program.

Register-ArgumentCompleter -Native -CommandName 'nano-edit' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # Options and what they do; then the values of those that take one of a list.
    $options = [ordered]@{
%(options)s
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
        foreach ($each in $options.Keys) {
            if ($each.StartsWith($word, [StringComparison]::Ordinal)) {
                [System.Management.Automation.CompletionResult]::new(
                    $each, $each, 'ParameterName', $options[$each])
            }
        }
        return
    }
    # Pictures and folders; any file where there are none.
    [System.Management.Automation.CompletionCompleters]::CompleteFilename($word) |
        Where-Object {
            $_.ResultType -eq 'ProviderContainer' -or
            $_.ListItemText -match '\.(%(suffixes)s)$'
        }
}
"""


def script(reference: Reference) -> str:
    """Return the script, to be dot-sourced from the user's profile."""
    return _SCRIPT % {
        "options": "\n".join(_options(reference)),
        "values": "\n".join(_values(reference)),
        "optional": "\n".join(_optional(reference)),
        "others": ", ".join(_others(reference)),
        "suffixes": "|".join(PICTURE_SUFFIXES),
    }


def _options(reference: Reference) -> Iterator[str]:
    for entry in reference.options:
        for flag in entry.flags:
            yield f"        {_quoted(flag)} = {_quoted(entry.brief)}"
        for flag in entry.negations:
            yield f"        {_quoted(flag)} = {_quoted(entry.opposite)}"


def _values(reference: Reference) -> Iterator[str]:
    for entry in reference.options:
        if entry.values:
            listed = ", ".join(map(_quoted, entry.values))
            yield from (f"        {_quoted(flag)} = {listed}" for flag in entry.flags)


def _optional(reference: Reference) -> Iterator[str]:
    for entry in reference.options:
        if entry.may_be:
            listed = ", ".join(map(_quoted, entry.may_be))
            yield f"        {_quoted(entry.flags[-1])} = {listed}"


def _others(reference: Reference) -> Iterator[str]:
    for entry in reference.options:
        if entry.metavar and entry.kind is not Kind.WORDS:
            yield from map(_quoted, entry.flags)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

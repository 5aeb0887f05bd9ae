# Tab completion of nano-edit for PowerShell. Generated from the
# program's options; it starts no program.

Register-ArgumentCompleter -Native -CommandName 'nano-edit' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # Options and what they do; the commands with their options and words; then the
    # values of the options that take one of a list.
    $options = [ordered]@{
        '--preset' = 'Use the options of [presets.NAME] in the configuration'
        '-a' = 'Shape of the result: auto (the model follows the source), match (nearest to the first picture), or W:H'
        '--aspect-ratio' = 'Shape of the result: auto (the model follows the source), match (nearest to the first picture), or W:H'
        '-s' = 'Resolution of the result: 512, 1K, 2K or 4K'
        '--size' = 'Resolution of the result: 512, 1K, 2K or 4K'
        '--text' = 'Ask for words beside the picture, and show them'
        '--max-side' = 'Downscale inputs so that the longer side fits'
        '--downscale' = 'Whether inputs over the service''s limits are downscaled (default), or an error'
        '--no-downscale' = 'The opposite of --downscale'
        '--max-pixels' = 'Read pictures of up to so many megapixels, whatever memory that takes'
        '--send-metadata' = 'Send EXIF, GPS, XMP and comments too'
        '--region' = 'Only there may anything change'
        '--mask' = 'Only what is white in this picture may change'
        '--invert-mask' = 'With --mask: what is black may change'
        '--keep-rest' = 'Find what the model changed and take only that'
        '--keep-size' = 'The result has exactly the first picture''s width and height'
        '--copy-metadata' = 'Copy the first picture''s EXIF, XMP and IPTC into the result'
        '--max-change' = 'Exit 9 when more of the pixels outside have changed'
        '--strict' = 'Exit 9 when the result has another size or shape than was asked for'
        '-m' = 'Model, or its short name: pro, flash, ...'
        '--model' = 'Model, or its short name: pro, flash, ...'
        '--provider' = 'apiyi or google'
        '--base-url' = 'Another host that speaks the same API'
        '--api-key-file' = 'Read the key from a file'
        '--timeout' = 'For one whole attempt'
        '--connect-timeout' = 'For the connection'
        '--retries' = 'Further attempts where nothing was billed'
        '--max-wait' = 'Longest wait between two attempts'
        '--retry-unknown' = 'Also try again where the lost attempt may have been billed'
        '--max-reply' = 'Largest reply, after decompression'
        '--tier' = 'standard, flex (half the price, within 15 minutes) or priority (twice the price)'
        '--budget' = 'Send nothing that could bring the run above so many dollars'
        '--monthly-budget' = 'Likewise for all that the ledger says of this month'
        '--emulate' = 'Use the built-in emulator: no key, no cost, nothing leaves this machine'
        '-o' = 'Where to: a file (its extension decides the format), a folder, or - for standard output'
        '--output' = 'Where to: a file (its extension decides the format), a folder, or - for standard output'
        '--format' = 'png, jpg, webp, avif or tif, whatever the output is called'
        '-f' = 'Replace an output that exists'
        '--force' = 'Replace an output that exists'
        '--save-drafts' = 'Keep the model''s drafts beside the output, as out.draft-1.jpg'
        '--json' = 'Print one JSON object a result, and nothing else'
        '--show' = 'Draw the result in the terminal'
        '-n' = 'Make N variants: out-1.png, out-2.png, ...'
        '--count' = 'Make N variants: out-1.png, out-2.png, ...'
        '--pick' = 'With -n: keep only variant N, without its number'
        '--grid' = 'C times R variants in one picture, at the price of one, cut into out-1.png, out-2.png, ...'
        '--each' = 'Edit every IMAGE by itself, into -o FOLDER'
        '--recursive' = 'With --each: the folders within folders too'
        '-j' = 'Edits at once'
        '--jobs' = 'Edits at once'
        '--rpm' = 'Requests a minute, at most'
        '--fail-fast' = 'Begin no new edit after the first failure'
        '--skip-existing' = 'Skip edits whose output is there already'
        '--retry-refused' = 'Ask again for what an earlier run was refused'
        '--defer' = 'Have the edits made within a day at half the price (Google)'
        '--wait' = 'With --defer: stay until all edits have ended'
        '--poll' = 'With --wait: the first pause between two questions, 30 by default'
        '--retry-failed' = 'With --defer: submit anew what a job answered with an error'
        '--manifest' = 'Where results are noted, one JSON object a line'
        '--shard' = 'Do only the I-th of N equal parts of the list'
        '--report' = 'Write a page with every before and after'
        '--sheet' = 'Write a contact sheet: the results of this run, small and numbered'
        '--cache' = 'Keep results'
        '--no-cache' = 'The opposite of --cache'
        '--cache-dir' = 'Where results are kept'
        '--cache-size' = 'Most that is kept, oldest out first'
        '--dry-run' = 'Check everything, show what would be sent, send nothing'
        '--confirm-above' = 'On a terminal, ask before several edits that may cost more'
        '-y' = 'Do not ask'
        '--yes' = 'Do not ask'
        '--history' = 'Note finished edits and keep their replies, so that one can go on from them'
        '--no-history' = 'The opposite of --history'
        '--history-size' = 'Most that the history''s replies take, oldest out first'
        '-q' = 'Say nothing but errors'
        '--quiet' = 'Say nothing but errors'
        '-v' = 'Show the request, its timing and tokens'
        '--verbose' = 'Show the request, its timing and tokens'
        '--config' = 'Configuration file'
        '--version' = 'Print the version'
        '-h' = 'Print this help'
        '--help' = 'Print this help'
        '--help-all' = 'Print the help with every option'
        '--all' = 'Remove all jobs of nano-edit''s that have ended'
        '--from-original' = 'Edit the first picture again, with all instructions so far in one'
        '--whole' = 'Let all of the picture change, whatever the last edit kept'
        '--heat' = 'Write a picture of where it changed: yellow can just be seen, red and violet are more'
        '--check' = 'Ask the service whether it takes the key'
        '--since' = 'Only requests from this day on: 2026-11-01'
        '--by' = 'Sums by day (default), model or provider'
        '--csv' = 'Print the sums as CSV'
        '--claims' = 'List the billed requests that gave no picture, for the provider'
        '--install' = 'Put the script where the shell looks for it'
        '--port' = 'Port on 127.0.0.1'
        '--fault' = 'What goes wrong, request by request: NAME[=ARG][:COUNT], with commas between'
        '--drift' = 'What happens to every picture besides the edit: shift=DX:DY, zoom=FACTOR, recolour=R:G:B, soften, scatter, repaint, wrong-ratio'
        '--latency' = 'Silence before each picture, as the service has'
        '--batch-delay' = 'From a batch''s creation to its end'
        '--signature-bytes' = 'Length of each thoughtSignature'
        '--no-gzip' = 'Compress no reply, even where the client accepts gzip'
        '--no-mark' = 'Leave the word emulated off the pictures'
        '--list-faults' = 'Print the faults as a table'
    }
    $commands = [ordered]@{
        'edit' = '--preset -a --aspect-ratio -s --size --text --max-side --downscale --no-downscale --max-pixels --send-metadata --region --mask --invert-mask --keep-rest --keep-size --copy-metadata --max-change --strict -m --model --provider --base-url --api-key-file --timeout --connect-timeout --retries --max-wait --retry-unknown --max-reply --tier --budget --monthly-budget --emulate -o --output --format -f --force --save-drafts --json --show -n --count --pick --grid --each --recursive -j --jobs --rpm --fail-fast --skip-existing --retry-refused --defer --wait --poll --retry-failed --manifest --shard --report --sheet --cache --no-cache --cache-dir --cache-size --dry-run --confirm-above -y --yes --history --no-history --history-size -q --quiet -v --verbose --config -V --version -h --help --help-all'
        'batch' = '--preset -a --aspect-ratio -s --size --text --max-side --downscale --no-downscale --max-pixels --send-metadata --region --mask --invert-mask --keep-rest --keep-size --copy-metadata --max-change --strict -m --model --provider --base-url --api-key-file --timeout --connect-timeout --retries --max-wait --retry-unknown --max-reply --tier --budget --monthly-budget --emulate -o --output --format -f --force --save-drafts --json -n --count -j --jobs --rpm --fail-fast --skip-existing --retry-refused --defer --wait --poll --retry-failed --manifest --shard --report --sheet --cache --no-cache --cache-dir --cache-size --dry-run --confirm-above -y --yes --history --no-history --history-size -q --quiet -v --verbose --config -h --help'
        'jobs list' = '--provider --base-url --api-key-file --connect-timeout --json --config -h --help'
        'jobs cancel' = '--provider --base-url --api-key-file --connect-timeout --config -h --help'
        'jobs rm' = '--provider --base-url --api-key-file --connect-timeout --all -y --yes --config -h --help'
        'again' = '--from-original --whole -a --aspect-ratio -s --size --text --max-side --downscale --no-downscale --max-pixels --send-metadata --region --mask --invert-mask --keep-rest --keep-size --copy-metadata --max-change --strict -m --model --provider --base-url --api-key-file --timeout --connect-timeout --retries --max-wait --retry-unknown --max-reply --tier --budget --monthly-budget --emulate -o --output --format -f --force --save-drafts --json --show --cache --no-cache --cache-dir --cache-size --dry-run --history --no-history --history-size -q --quiet -v --verbose --config -h --help'
        'undo' = '--json -h --help'
        'redo' = '--json -h --help'
        'diff' = '--region --mask --invert-mask --max-change --heat --json -h --help'
        'replies list' = '--json --config -h --help'
        'replies recover' = '-o --output --format -f --force --save-drafts --json -q --quiet --config -h --help'
        'replies rm' = '--all -y --yes -h --help'
        'auth login' = '--provider -y --yes --config -h --help'
        'auth status' = '--provider --base-url --api-key-file --connect-timeout --json --check --config -h --help'
        'auth logout' = '--provider --config -h --help'
        'config show' = '--preset -a --aspect-ratio -s --size --text --max-side --downscale --no-downscale --max-pixels --send-metadata --region --mask --invert-mask --keep-rest --keep-size --copy-metadata --max-change --strict -m --model --provider --base-url --api-key-file --timeout --connect-timeout --retries --max-wait --retry-unknown --max-reply --tier --budget --monthly-budget --emulate -o --output --format -f --force --save-drafts --json --show -n --count --pick --grid --each --recursive -j --jobs --rpm --fail-fast --skip-existing --retry-refused --poll --manifest --shard --report --sheet --cache --no-cache --cache-dir --cache-size --confirm-above --history --no-history --history-size -q --quiet -v --verbose --config -h --help'
        'config path' = '--config -h --help'
        'config edit' = '--config -h --help'
        'models' = '--provider --json --config -h --help'
        'spend' = '--json --since --by --csv --claims -h --help'
        'cache info' = '--json --cache-dir --cache-size --config -h --help'
        'cache clear' = '--cache-dir -y --yes --config -h --help'
        'history list' = '--json -h --help'
        'history show' = '--json -h --help'
        'history clear' = '-y --yes -h --help'
        'completion' = '--install -h --help'
        'emulator' = '--port --fault --drift --latency --batch-delay --signature-bytes --no-gzip --no-mark --list-faults -h --help'
        'help' = '-h --help'
    }
    $words = [ordered]@{
        'edit' = ''
        'batch' = ''
        'jobs' = 'list cancel rm'
        'again' = ''
        'undo' = ''
        'redo' = ''
        'diff' = ''
        'replies' = 'list recover rm'
        'auth' = 'login status logout'
        'config' = 'show path edit'
        'models' = ''
        'spend' = ''
        'cache' = 'info clear'
        'history' = 'list show clear'
        'completion' = 'bash zsh fish powershell'
        'emulator' = ''
        'help' = 'edit batch jobs again undo redo diff replies auth config models spend cache history completion emulator help exit'
    }
    $values = @{
        '-a' = 'auto', 'match', '1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9', '1:4', '4:1', '1:8', '8:1'
        '--aspect-ratio' = 'auto', 'match', '1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9', '1:4', '4:1', '1:8', '8:1'
        '-s' = '512', '1K', '2K', '4K'
        '--size' = '512', '1K', '2K', '4K'
        '-m' = 'pro', 'flash', 'lite', 'gemini-3-pro-image', 'gemini-3-pro-image-preview', 'gemini-nano-banana-2.1', 'gemini-3.1-flash-image', 'gemini-3.1-flash-image-preview', 'gemini-3.1-flash-lite-image', 'gemini-2.5-flash-image'
        '--model' = 'pro', 'flash', 'lite', 'gemini-3-pro-image', 'gemini-3-pro-image-preview', 'gemini-nano-banana-2.1', 'gemini-3.1-flash-image', 'gemini-3.1-flash-image-preview', 'gemini-3.1-flash-lite-image', 'gemini-2.5-flash-image'
        '--provider' = 'apiyi', 'google'
        '--tier' = 'standard', 'flex', 'priority'
        '--format' = 'png', 'jpg', 'webp', 'avif', 'tif'
        '--grid' = '1x2', '1x3', '1x4', '1x5', '1x6', '1x7', '1x8', '1x9', '2x1', '2x2', '2x3', '2x4', '3x1', '3x2', '3x3', '4x1', '4x2', '5x1', '6x1', '7x1', '8x1', '9x1'
        '--by' = 'day', 'model', 'provider'
        '--claims' = 'apiyi', 'google'
    }
    $optional = @{
        '--show' = 'both'
    }
    # Options whose value only the user or the file system knows.
    $others = @('--preset', '--max-side', '--max-pixels', '--region', '--mask', '--max-change', '--base-url', '--api-key-file', '--timeout', '--connect-timeout', '--retries', '--max-wait', '--max-reply', '--budget', '--monthly-budget', '-o', '--output', '-n', '--count', '--pick', '-j', '--jobs', '--rpm', '--poll', '--manifest', '--shard', '--report', '--sheet', '--cache-dir', '--cache-size', '--confirm-above', '--history-size', '--config', '--heat', '--since', '--port', '--fault', '--drift', '--latency', '--batch-delay', '--signature-bytes')

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
            $_.ListItemText -match '\.(png|apng|jpg|jpeg|jpe|jfif|mpo|webp|avif|gif|bmp|tif|tiff|heic|heif|hif|ppm|pgm|pbm|pnm|ico)$'
        }
}

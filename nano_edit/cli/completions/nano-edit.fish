# Tab completion of nano-edit for fish. Generated from the
# program's options; it starts no program.

function __nano_edit_command -d 'Print the command that the line names, - for spaces'
    set -l words (commandline -opc)
    switch "$words[2]"
        case edit batch again undo redo diff models spend completion emulator help
            echo $words[2]
        case jobs replies history auth config cache
            string join -- - $words[2..3]
        case '*'
            echo edit
    end
end

function __nano_edit_is -d 'Whether the command is one of $argv'
    contains -- (__nano_edit_command) $argv
end

function __nano_edit_at -d 'Whether argument $argv[1] of command $argv[2] is next'
    test (__nano_edit_command) = $argv[2]; and test (__nano_edit_given) -eq $argv[1]
end

function __nano_edit_from -d 'Whether argument $argv[1] or a later one is next'
    test (__nano_edit_command) = $argv[2]; and test (__nano_edit_given) -ge $argv[1]
end

function __nano_edit_given -d 'Print how many arguments stand before the cursor'
    set -l words (commandline -opc)
    set -l given 0
    set -l waiting
    set -l ended
    set -l start 2
    contains -- "$words[2]" edit batch again undo redo diff models spend completion emulator help; and set start 3
    contains -- "$words[2]" jobs replies history auth config cache; and set start 4
    for word in $words[$start..-1]
        if set -q waiting[1]
            set -e waiting
        else if set -q ended[1]; or not string match -q -- '-?*' $word
            set given (math $given + 1)
        else if test $word = --
            set ended yes
        else if contains -- $word --preset --aspect-ratio --size --max-side --max-pixels --region --mask --max-change --model --provider --base-url --api-key-file --timeout --connect-timeout --retries --max-wait --max-reply --tier --budget --monthly-budget --output --format --count --pick --grid --jobs --rpm --poll --manifest --shard --report --sheet --cache-dir --cache-size --confirm-above --history-size --config --heat --since --by --claims --port --fault --drift --latency --batch-delay --signature-bytes
            set waiting $word
        else if string match -qr -- '^-[fyqvVh]*[asmonj]$' $word
            set waiting $word
        end
    end
    echo $given
end

function __nano_edit_first -d 'Whether the first word is being typed, and is not @FILE'
    test (count (commandline -opc)) -eq 1
    and not string match -q -- '@*' (commandline -ct)
end

function __nano_edit_at_file -d 'Whether an @FILE is being typed for an instruction'
    string match -q -- '@*' (commandline -ct)
end

function __nano_edit_files -d 'Print the files whose names begin as $argv does'
    complete -C "__fish_command_without_completions $argv"
end

function __nano_edit_any
    __nano_edit_files (commandline -ct)
end

function __nano_edit_pictures -d 'Print pictures and folders, or else any file'
    set -l files (__nano_edit_files (commandline -ct))
    set -l wanted '^[^\t]*(?:/|\.(?:png|apng|jpg|jpeg|jpe|jfif|mpo|webp|avif|gif|bmp|tif|tiff|heic|heif|hif|ppm|pgm|pbm|pnm|ico))(?:\t.*)?$'
    set -l pictures (string match -ri -- $wanted $files)
    if set -q pictures[1]
        printf '%s\n' $pictures
    else
        printf '%s\n' $files
    end
end

function __nano_edit_texts -d 'Print files for the instruction, with @ before them'
    __nano_edit_files (string sub -s 2 -- (commandline -ct)) | string replace -r '^' @
end

function __nano_edit_replies -d 'Print the digits of each kept reply, or else files'
    set -l state $HOME/.local/state/nano-edit
    set -q XDG_STATE_HOME[1]; and set state $XDG_STATE_HOME/nano-edit
    set -l mac "$HOME/Library/Application Support/nano-edit"
    test -d $mac; and set state $mac
    set -q NANO_EDIT_STATE_DIR[1]; and set state $NANO_EDIT_STATE_DIR
    set -l kept $state/replies/reply-*.jsonl
    set kept (string replace -r '.*/reply-[^-]*-([0-9a-f]*).*' '$1' -- $kept)
    set -l begun (commandline -ct)
    if string match -q -- "$begun*" $kept
        printf '%s\n' $kept
    else
        __nano_edit_any
    end
end

complete -c nano-edit -f
complete -c nano-edit -n '__nano_edit_first' -a edit -d 'Edit pictures by instruction; the default, so the word may be left out'
complete -c nano-edit -n '__nano_edit_first' -a batch -d 'Make the edits of a list: JSON Lines or CSV'
complete -c nano-edit -n '__nano_edit_first' -a again -d 'Go on from an edit; the model sees all of it'
complete -c nano-edit -n '__nano_edit_first' -a undo -d 'Put back what a picture was made from'
complete -c nano-edit -n '__nano_edit_first' -a redo -d 'Take back the last undo of a picture'
complete -c nano-edit -n '__nano_edit_first' -a diff -d 'Measure what changed between two pictures; sends nothing'
complete -c nano-edit -n '__nano_edit_first' -a models -d 'List the models: sizes, shapes, images, state, price'
complete -c nano-edit -n '__nano_edit_first' -a spend -d 'Show what was spent, from the ledger'
complete -c nano-edit -n '__nano_edit_first' -a completion -d 'Print the Tab completion of a shell, or install it'
complete -c nano-edit -n '__nano_edit_first' -a emulator -d 'Serve the emulator on this machine: no key, no cost'
complete -c nano-edit -n '__nano_edit_first' -a help -d 'Explain a command; exit explains the exit statuses'
complete -c nano-edit -n '__nano_edit_first' -a jobs -d 'Edits that are made later'
complete -c nano-edit -n '__nano_edit_first' -a replies -d 'What was paid for and has no picture yet'
complete -c nano-edit -n '__nano_edit_first' -a history -d 'Finished edits'
complete -c nano-edit -n '__nano_edit_first' -a auth -d 'The provider\'s key'
complete -c nano-edit -n '__nano_edit_first' -a config -d 'The settings'
complete -c nano-edit -n '__nano_edit_first' -a cache -d 'Results that are kept, so that the same edit costs nothing'
complete -c nano-edit -n '__nano_edit_is jobs' -a list -d 'List the jobs that --defer has made at Google'
complete -c nano-edit -n '__nano_edit_is jobs' -a cancel -d 'Cancel jobs; what is made already is billed'
complete -c nano-edit -n '__nano_edit_is jobs' -a rm -d 'Remove ended jobs and their files from the service; asks first'
complete -c nano-edit -n '__nano_edit_is replies' -a list -d 'List the replies that were paid for and have no picture yet'
complete -c nano-edit -n '__nano_edit_is replies' -a recover -d 'Make the pictures of kept replies; sends nothing, costs nothing'
complete -c nano-edit -n '__nano_edit_is replies' -a rm -d 'Remove kept replies; asks first'
complete -c nano-edit -n '__nano_edit_is history' -a list -d 'List finished edits, newest first, as a tree of what came from what'
complete -c nano-edit -n '__nano_edit_is history' -a show -d 'Print the command that made an edit'
complete -c nano-edit -n '__nano_edit_is history' -a clear -d 'Remove all that the history holds, but no picture; asks first'
complete -c nano-edit -n '__nano_edit_is auth' -a login -d 'Ask for the provider\'s key and store it'
complete -c nano-edit -n '__nano_edit_is auth' -a status -d 'Say which keys there are and where each comes from, never the key'
complete -c nano-edit -n '__nano_edit_is auth' -a logout -d 'Remove the key that auth login stored'
complete -c nano-edit -n '__nano_edit_is config' -a show -d 'Show every setting, its value, and where it comes from'
complete -c nano-edit -n '__nano_edit_is config' -a path -d 'Print where the configuration file is'
complete -c nano-edit -n '__nano_edit_is config' -a edit -d 'Open the configuration file in your editor ($VISUAL, $EDITOR)'
complete -c nano-edit -n '__nano_edit_is cache' -a info -d 'Say what the cache holds, and where it is'
complete -c nano-edit -n '__nano_edit_is cache' -a clear -d 'Remove all that the cache holds; asks first'
complete -c nano-edit -n '__nano_edit_at 0 edit; and __nano_edit_at_file' -a '(__nano_edit_texts)'
complete -c nano-edit -n '__nano_edit_from 1 edit' -a '(__nano_edit_pictures)'
complete -c nano-edit -n '__nano_edit_at 0 batch' -a '(__nano_edit_any)'
complete -c nano-edit -n '__nano_edit_at 1 batch; and __nano_edit_at_file' -a '(__nano_edit_texts)'
complete -c nano-edit -n '__nano_edit_from 0 jobs-cancel' -a '(__nano_edit_any)'
complete -c nano-edit -n '__nano_edit_from 0 jobs-rm' -a '(__nano_edit_any)'
complete -c nano-edit -n '__nano_edit_at 0 again; and __nano_edit_at_file' -a '(__nano_edit_texts)'
complete -c nano-edit -n '__nano_edit_from 1 again' -a '(__nano_edit_any)'
complete -c nano-edit -n '__nano_edit_at 0 undo' -a '(__nano_edit_any)'
complete -c nano-edit -n '__nano_edit_at 0 redo' -a '(__nano_edit_any)'
complete -c nano-edit -n '__nano_edit_at 0 diff' -a '(__nano_edit_any)'
complete -c nano-edit -n '__nano_edit_at 1 diff' -a '(__nano_edit_any)'
complete -c nano-edit -n '__nano_edit_from 0 replies-recover' -a '(__nano_edit_replies)'
complete -c nano-edit -n '__nano_edit_from 0 replies-rm' -a '(__nano_edit_replies)'
complete -c nano-edit -n '__nano_edit_at 0 config-show; and __nano_edit_at_file' -a '(__nano_edit_texts)'
complete -c nano-edit -n '__nano_edit_from 1 config-show' -a '(__nano_edit_pictures)'
complete -c nano-edit -n '__nano_edit_at 0 history-list' -a '(__nano_edit_any)'
complete -c nano-edit -n '__nano_edit_at 0 history-show' -a '(__nano_edit_any)'
complete -c nano-edit -n '__nano_edit_at 0 completion' -a 'bash zsh fish powershell'
complete -c nano-edit -n '__nano_edit_at 0 help' -a 'edit batch again undo redo diff models spend completion emulator help jobs replies history auth config cache'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -l preset -x -d 'Use the options of [presets.NAME] in the configuration'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -s a -l aspect-ratio -x -k -a 'auto match 1:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 16:9 21:9 1:4 4:1 1:8 8:1' -d 'Shape of the result: auto (the model follows the source), match (nearest to the first picture), or W:H'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -s s -l size -x -k -a '512 1K 2K 4K' -d 'Resolution of the result: 512, 1K, 2K or 4K'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l text -d 'Ask for words beside the picture, and show them'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l max-side -x -d 'Downscale inputs so that the longer side fits'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l downscale -d 'Whether inputs over the service\'s limits are downscaled (default), or an error'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l no-downscale -d 'The opposite of --downscale'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l max-pixels -x -d 'Read pictures of up to so many megapixels, whatever memory that takes'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l send-metadata -d 'Send EXIF, GPS, XMP and comments too'
complete -c nano-edit -n '__nano_edit_is edit batch again diff config-show' -l region -x -d 'Only there may anything change'
complete -c nano-edit -n '__nano_edit_is edit batch again diff config-show' -l mask -r -F -d 'Only what is white in this picture may change'
complete -c nano-edit -n '__nano_edit_is edit batch again diff config-show' -l invert-mask -d 'With --mask: what is black may change'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l keep-rest -d 'Find what the model changed and take only that'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l keep-size -d 'The result has exactly the first picture\'s width and height'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l copy-metadata -d 'Copy the first picture\'s EXIF, XMP and IPTC into the result'
complete -c nano-edit -n '__nano_edit_is edit batch again diff config-show' -l max-change -x -d 'Exit 9 when more of the pixels outside have changed'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l strict -d 'Exit 9 when the result has another size or shape than was asked for'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -s m -l model -x -k -a 'pro flash lite gemini-3-pro-image gemini-3-pro-image-preview gemini-nano-banana-2.1 gemini-3.1-flash-image gemini-3.1-flash-image-preview gemini-3.1-flash-lite-image gemini-2.5-flash-image' -d 'Model, or its short name: pro, flash, ...'
complete -c nano-edit -n '__nano_edit_is edit batch again auth-login auth-status auth-logout config-show models' -l provider -x -k -a 'apiyi google' -d 'apiyi or google'
complete -c nano-edit -n '__nano_edit_is edit batch jobs-list jobs-cancel jobs-rm again auth-status config-show' -l base-url -x -d 'Another host that speaks the same API'
complete -c nano-edit -n '__nano_edit_is edit batch jobs-list jobs-cancel jobs-rm again auth-status config-show' -l api-key-file -r -F -d 'Read the key from a file'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l timeout -x -d 'For one whole attempt'
complete -c nano-edit -n '__nano_edit_is edit batch jobs-list jobs-cancel jobs-rm again auth-status config-show' -l connect-timeout -x -d 'For the connection'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l retries -x -d 'Further attempts where nothing was billed'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l max-wait -x -d 'Longest wait between two attempts'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l retry-unknown -d 'Also try again where the lost attempt may have been billed'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l max-reply -x -d 'Largest reply, after decompression'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l tier -x -k -a 'standard flex priority' -d 'standard, flex (half the price, within 15 minutes) or priority (twice the price)'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l budget -x -d 'Send nothing that could bring the run above so many dollars'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l monthly-budget -x -d 'Likewise for all that the ledger says of this month'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l emulate -d 'Use the built-in emulator: no key, no cost, nothing leaves this machine'
complete -c nano-edit -n '__nano_edit_is edit batch replies-recover config-show' -s o -l output -r -F -d 'Where to: a file (its extension decides the format), a folder, or - for standard output'
complete -c nano-edit -n '__nano_edit_is edit batch again replies-recover config-show' -l format -x -k -a 'png jpg webp avif tif' -d 'png, jpg, webp, avif or tif, whatever the output is called'
complete -c nano-edit -n '__nano_edit_is edit batch again replies-recover config-show' -s f -l force -d 'Replace an output that exists'
complete -c nano-edit -n '__nano_edit_is edit batch again replies-recover config-show' -l save-drafts -d 'Keep the model\'s drafts beside the output, as out.draft-1.jpg'
complete -c nano-edit -n '__nano_edit_is edit batch jobs-list again undo redo diff replies-list replies-recover auth-status config-show models spend cache-info history-list history-show' -l json -d 'Print one JSON object a result, and nothing else'
complete -c nano-edit -n '__nano_edit_is edit again config-show' -l show -a both -d 'Draw the result in the terminal'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -s n -l count -x -d 'Make N variants: out-1.png, out-2.png, ...'
complete -c nano-edit -n '__nano_edit_is edit config-show' -l pick -x -d 'With -n: keep only variant N, without its number'
complete -c nano-edit -n '__nano_edit_is edit config-show' -l grid -x -k -a '1x2 1x3 1x4 1x5 1x6 1x7 1x8 1x9 2x1 2x2 2x3 2x4 3x1 3x2 3x3 4x1 4x2 5x1 6x1 7x1 8x1 9x1' -d 'C times R variants in one picture, at the price of one, cut into out-1.png, out-2.png, ...'
complete -c nano-edit -n '__nano_edit_is edit config-show' -l each -d 'Edit every IMAGE by itself, into -o FOLDER'
complete -c nano-edit -n '__nano_edit_is edit config-show' -l recursive -d 'With --each: the folders within folders too'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -s j -l jobs -x -d 'Edits at once'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -l rpm -x -d 'Requests a minute, at most'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -l fail-fast -d 'Begin no new edit after the first failure'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -l skip-existing -d 'Skip edits whose output is there already'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -l retry-refused -d 'Ask again for what an earlier run was refused'
complete -c nano-edit -n '__nano_edit_is edit batch' -l defer -d 'Have the edits made within a day at half the price (Google)'
complete -c nano-edit -n '__nano_edit_is edit batch' -l wait -d 'With --defer: stay until all edits have ended'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -l poll -x -d 'With --wait: the first pause between two questions, 30 by default'
complete -c nano-edit -n '__nano_edit_is edit batch' -l retry-failed -d 'With --defer: submit anew what a job answered with an error'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -l manifest -r -F -d 'Where results are noted, one JSON object a line'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -l shard -x -d 'Do only the I-th of N equal parts of the list'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -l report -r -F -d 'Write a page with every before and after'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -l sheet -x -d 'Write a contact sheet: the results of this run, small and numbered'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l cache -d 'Keep results'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l no-cache -d 'The opposite of --cache'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show cache-info cache-clear' -l cache-dir -x -a '(__fish_complete_directories (commandline -ct))' -d 'Where results are kept'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show cache-info' -l cache-size -x -d 'Most that is kept, oldest out first'
complete -c nano-edit -n '__nano_edit_is edit batch again' -l dry-run -d 'Check everything, show what would be sent, send nothing'
complete -c nano-edit -n '__nano_edit_is edit batch config-show' -l confirm-above -x -d 'On a terminal, ask before several edits that may cost more'
complete -c nano-edit -n '__nano_edit_is edit batch jobs-rm replies-rm auth-login cache-clear history-clear' -s y -l yes -d 'Do not ask'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l history -d 'Note finished edits and keep their replies, so that one can go on from them'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l no-history -d 'The opposite of --history'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -l history-size -x -d 'Most that the history\'s replies take, oldest out first'
complete -c nano-edit -n '__nano_edit_is edit batch again replies-recover config-show' -s q -l quiet -d 'Say nothing but errors'
complete -c nano-edit -n '__nano_edit_is edit batch again config-show' -s v -l verbose -d 'Show the request, its timing and tokens'
complete -c nano-edit -n '__nano_edit_is edit batch jobs-list jobs-cancel jobs-rm again replies-list replies-recover auth-login auth-status auth-logout config-show config-path config-edit models cache-info cache-clear' -l config -r -F -d 'Configuration file'
complete -c nano-edit -n '__nano_edit_is edit' -s V -l version -d 'Print the version'
complete -c nano-edit -n '__nano_edit_is edit batch jobs-list jobs-cancel jobs-rm again undo redo diff replies-list replies-recover replies-rm auth-login auth-status auth-logout config-show config-path config-edit models spend cache-info cache-clear history-list history-show history-clear completion emulator help' -s h -l help -d 'Print this help'
complete -c nano-edit -n '__nano_edit_is edit' -l help-all -d 'Print the help with every option'
complete -c nano-edit -n '__nano_edit_is jobs-list jobs-cancel jobs-rm' -l provider -x -k -a 'apiyi google' -d 'google, the only one that has jobs'
complete -c nano-edit -n '__nano_edit_is jobs-rm' -l all -d 'Remove all jobs of nano-edit\'s that have ended'
complete -c nano-edit -n '__nano_edit_is again' -l from-original -d 'Edit the first picture again, with all instructions so far in one'
complete -c nano-edit -n '__nano_edit_is again' -l whole -d 'Let all of the picture change, whatever the last edit kept'
complete -c nano-edit -n '__nano_edit_is again' -s o -l output -r -F -d 'Where to: a file, a folder, or - for standard output'
complete -c nano-edit -n '__nano_edit_is diff' -l heat -x -d 'Write a picture of where it changed: yellow can just be seen, red and violet are more'
complete -c nano-edit -n '__nano_edit_is replies-rm' -l all -d 'Remove all kept replies'
complete -c nano-edit -n '__nano_edit_is auth-status' -l check -d 'Ask the service whether it takes the key'
complete -c nano-edit -n '__nano_edit_is spend' -l since -x -d 'Only requests from this day on: 2026-11-01'
complete -c nano-edit -n '__nano_edit_is spend' -l by -x -k -a 'day model provider' -d 'Sums by day (default), model or provider'
complete -c nano-edit -n '__nano_edit_is spend' -l csv -d 'Print the sums as CSV'
complete -c nano-edit -n '__nano_edit_is spend' -l claims -x -k -a 'apiyi google' -d 'List the billed requests that gave no picture, for the provider'
complete -c nano-edit -n '__nano_edit_is completion' -l install -d 'Put the script where the shell looks for it'
complete -c nano-edit -n '__nano_edit_is emulator' -l port -x -d 'Port on 127.0.0.1'
complete -c nano-edit -n '__nano_edit_is emulator' -l fault -x -d 'What goes wrong, request by request: NAME[=ARG][:COUNT], with commas between'
complete -c nano-edit -n '__nano_edit_is emulator' -l drift -x -d 'What happens to every picture besides the edit: shift=DX:DY, zoom=FACTOR, recolour=R:G:B, soften, scatter, repaint, wrong-ratio'
complete -c nano-edit -n '__nano_edit_is emulator' -l latency -x -d 'Silence before each picture, as the service has'
complete -c nano-edit -n '__nano_edit_is emulator' -l batch-delay -x -d 'From a batch\'s creation to its end'
complete -c nano-edit -n '__nano_edit_is emulator' -l signature-bytes -x -d 'Length of each thoughtSignature'
complete -c nano-edit -n '__nano_edit_is emulator' -l no-gzip -d 'Compress no reply, even where the client accepts gzip'
complete -c nano-edit -n '__nano_edit_is emulator' -l no-mark -d 'Leave the word emulated off the pictures'
complete -c nano-edit -n '__nano_edit_is emulator' -l list-faults -d 'Print the faults as a table'

# Tab completion of nano-edit for fish. Generated from the
# program's options; it starts no program.

function __nano_edit_given -d 'Print how many arguments stand before the cursor'
    set -l words (commandline -opc)
    set -l given 0
    set -l waiting
    set -l ended
    for word in $words[2..-1]
        if set -q waiting[1]
            set -e waiting
        else if set -q ended[1]; or not string match -q -- '-?*' $word
            set given (math $given + 1)
        else if test $word = --
            set ended yes
        else if contains -- $word --preset --aspect-ratio --size --max-side --model --provider --base-url --api-key-file --timeout --connect-timeout --retries --max-wait --max-reply --output --format --count --batch --jobs --rpm --manifest --shard --report --cache-dir --cache-size --config
            set waiting $word
        else if string match -qr -- '^-[fqv]*[asmonj]$' $word
            set waiting $word
        end
    end
    echo $given
end

function __nano_edit_wants_picture
    test (__nano_edit_given) -gt 0
end

function __nano_edit_wants_reply
    test (__nano_edit_given) -eq 0; and contains -- --recover (commandline -opc)
end

function __nano_edit_wants_instruction
    test (__nano_edit_given) -eq 0; and string match -q -- '@*' (commandline -ct)
end

function __nano_edit_files -d 'Print the files whose names begin as $argv does'
    complete -C "__fish_command_without_completions $argv"
end

function __nano_edit_pictures -d 'Print pictures and folders, or else any file'
    set -l files (__nano_edit_files (commandline -ct))
    set -l wanted '^[^\t]*(?:/|\.(?:png|jpg|jpeg|webp|avif|gif|bmp|tif|tiff|heic|heif|ppm|ico))(?:\t.*)?$'
    set -l pictures (string match -ri -- $wanted $files)
    if set -q pictures[1]
        printf '%s\n' $pictures
    else
        printf '%s\n' $files
    end
end

function __nano_edit_replies
    __nano_edit_files (commandline -ct)
end

function __nano_edit_texts -d 'Print files for the instruction, with @ before them'
    __nano_edit_files (string sub -s 2 -- (commandline -ct)) | string replace -r '^' @
end

complete -c nano-edit -f
complete -c nano-edit -n __nano_edit_wants_instruction -a '(__nano_edit_texts)'
complete -c nano-edit -n __nano_edit_wants_reply -a '(__nano_edit_replies)'
complete -c nano-edit -n __nano_edit_wants_picture -a '(__nano_edit_pictures)'
complete -c nano-edit -l preset -x -d 'Use the options of [presets.NAME] in the configuration'
complete -c nano-edit -s a -l aspect-ratio -x -k -a 'auto match 1:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 16:9 21:9 1:4 4:1 1:8 8:1' -d 'Shape of the result: auto (the model follows the source), match (nearest to the first picture), or W:H'
complete -c nano-edit -s s -l size -x -k -a '512 1K 2K 4K' -d 'Resolution of the result: 512, 1K, 2K or 4K'
complete -c nano-edit -l text -d 'Ask for words beside the picture, and show them'
complete -c nano-edit -l max-side -x -d 'Downscale inputs so that the longer side fits'
complete -c nano-edit -l downscale -d 'Whether inputs over the service\'s limits are downscaled (default), or an error'
complete -c nano-edit -l no-downscale -d 'The opposite of --downscale'
complete -c nano-edit -l keep-metadata -d 'Send EXIF, GPS, XMP and comments too'
complete -c nano-edit -l strict -d 'Exit 9 when the result has another size or shape than was asked for'
complete -c nano-edit -s m -l model -x -k -a 'gemini-3-pro-image gemini-3-pro-image-preview gemini-nano-banana-2.1 gemini-3.1-flash-image gemini-3.1-flash-image-preview gemini-3.1-flash-lite-image gemini-2.5-flash-image' -d 'Model'
complete -c nano-edit -l provider -x -k -a 'apiyi google' -d 'apiyi (default) or google'
complete -c nano-edit -l base-url -x -d 'Another host that speaks the same API'
complete -c nano-edit -l api-key-file -r -F -d 'Read the key from a file'
complete -c nano-edit -l timeout -x -d 'For one whole attempt'
complete -c nano-edit -l connect-timeout -x -d 'For the connection'
complete -c nano-edit -l retries -x -d 'Further attempts where nothing was billed'
complete -c nano-edit -l max-wait -x -d 'Longest wait between two attempts'
complete -c nano-edit -l retry-unknown -d 'Also try again where the lost attempt may have been billed'
complete -c nano-edit -l max-reply -x -d 'Largest reply, after decompression'
complete -c nano-edit -l emulate -d 'Use the built-in emulator: no key, no cost, nothing leaves here'
complete -c nano-edit -s o -l output -r -F -d 'Where to: a file (its extension decides the format), a folder, or - for standard output'
complete -c nano-edit -l format -x -k -a 'png jpg webp avif tif' -d 'png, jpg, webp, avif or tif, whatever the output is called'
complete -c nano-edit -s f -l force -d 'Replace an output that exists'
complete -c nano-edit -l save-drafts -d 'Keep the model\'s drafts beside the output, as out.draft-1.jpg'
complete -c nano-edit -l json -d 'Print one JSON object a result, and nothing else'
complete -c nano-edit -l show -a 'both' -d 'Draw the result in the terminal'
complete -c nano-edit -s n -l count -x -d 'Make N variants: out-1.png, out-2.png, ...'
complete -c nano-edit -l each -d 'Edit every IMAGE by itself, into -o FOLDER'
complete -c nano-edit -l recursive -d 'With --each: the folders within folders too'
complete -c nano-edit -l batch -r -F -d 'Edits from JSON Lines, one a line, option names as keys'
complete -c nano-edit -s j -l jobs -x -d 'Edits at once'
complete -c nano-edit -l rpm -x -d 'Requests a minute, at most'
complete -c nano-edit -l fail-fast -d 'Begin no new edit after the first failure'
complete -c nano-edit -l skip-existing -d 'Skip edits whose output is there already'
complete -c nano-edit -l manifest -r -F -d 'Where results are noted, one JSON object a line'
complete -c nano-edit -l shard -x -d 'Do only the I-th of N equal parts of the list'
complete -c nano-edit -l report -r -F -d 'Write a page with every before and after'
complete -c nano-edit -l cache -d 'Keep results'
complete -c nano-edit -l no-cache -d 'The opposite of --cache'
complete -c nano-edit -l cache-dir -x -a '(__fish_complete_directories (commandline -ct))' -d 'Where results are kept'
complete -c nano-edit -l cache-size -x -d 'Most that is kept, oldest out first'
complete -c nano-edit -l dry-run -d 'Check everything, show what would be sent, send nothing'
complete -c nano-edit -s q -l quiet -d 'Say nothing but errors'
complete -c nano-edit -s v -l verbose -d 'Show the request, its timing and tokens'
complete -c nano-edit -l config -r -F -d 'Configuration file'
complete -c nano-edit -l show-config -d 'Print every setting and where it came from'
complete -c nano-edit -l login -d 'Ask for the provider\'s key and store it'
complete -c nano-edit -l recover -d 'nano-edit --recover REPLY -o PATH makes the picture from a reply that was kept'
complete -c nano-edit -l install-completion -d 'Install Tab completion for the current shell'
complete -c nano-edit -l version -d 'Print the version'
complete -c nano-edit -l help -d 'Show this message and exit'

# Completion of foof's words in fish: foof completion fish > ~/.config/fish/completions/foof.fish
function __foof_complete
    set -l words (commandline -opc)
    set -l line (string join ' ' -- $words[2..-1] (commandline -ct))
    # Without words of its own fish offers files.
    set -l found ($words[1] '[suggest]' "$line" 2>/dev/null)
    if test (count $found) -gt 0
        string join \n -- $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c foof -f -a '(__foof_complete)'

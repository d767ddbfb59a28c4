# Completion of foof's words in zsh, after compinit: source <(foof completion zsh)
_foof() {
    local line label text
    local -a found described
    line="${(j: :)words[2,CURRENT]}"
    while IFS=$'\t' read -r label text; do
        described+=("${label//:/\\:}:$text")
    done < <("${(Q)words[1]/#\~/$HOME}" '[suggest]' "$line" 2>/dev/null)
    if (( ${#described} )); then
        _describe foof described
    else
        _files
    fi
}
compdef _foof foof

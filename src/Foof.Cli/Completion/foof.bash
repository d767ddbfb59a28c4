# Completion of foof's words in bash: source <(foof completion bash)
_foof() {
    local line=${COMP_LINE:0:COMP_POINT} word label
    # From behind the program's name to the cursor.
    line=${line#"${line%%[![:space:]]*}"}
    line=${line#*[[:space:]]}
    word=${line##* }
    COMPREPLY=()
    while IFS=$'\t' read -r label _; do
        # bash takes what comes after = for a word of its own.
        [[ $word != *=* ]] || label=${label#*=}
        COMPREPLY+=("$(printf '%q' "$label")")
    done < <("${COMP_WORDS[0]/#\~/$HOME}" '[suggest]' "$line" 2>/dev/null)
}
complete -o default -F _foof foof

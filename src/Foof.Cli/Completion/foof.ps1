# Completion of foof's words in PowerShell: foof completion pwsh | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName foof -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $program = $commandAst.CommandElements[0].Value
    $start = $commandAst.CommandElements[0].Extent.EndOffset - $commandAst.Extent.StartOffset
    # From behind the program's name to the cursor; the text lacks the blanks at its end.
    $cursor = $cursorPosition - $commandAst.Extent.StartOffset
    $line = $commandAst.ToString().PadRight($cursor).Substring($start, $cursor - $start).TrimStart()
    # PowerShell takes what comes after a comma for a word of its own, foof the whole list.
    $list = $line.Substring($line.LastIndexOf(' ') + 1)
    $list = if ($list.Contains(',')) { $list.Substring(0, $list.LastIndexOf(',') + 1) } else { '' }
    & $program '[suggest]' $line 2>$null | ForEach-Object {
        $label, $description = $_ -split "`t", 2
        if (-not $description) { $description = $label }
        $word = if ($label.StartsWith($list, 'Ordinal')) { $label.Substring($list.Length) } else { $label }
        [System.Management.Automation.CompletionResult]::new($word, $label, 'ParameterValue', $description)
    }
}

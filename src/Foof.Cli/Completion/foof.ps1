# Completion of foof's words in PowerShell: foof completion pwsh | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName foof -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $program = $commandAst.CommandElements[0].Value
    $start = $commandAst.CommandElements[0].Extent.EndOffset
    $text = $commandAst.ToString().PadRight($cursorPosition - $commandAst.Extent.StartOffset)
    $line = $text.Substring($start - $commandAst.Extent.StartOffset).TrimStart()
    & $program '[suggest]' $line 2>$null | ForEach-Object {
        $label, $description = $_ -split "`t", 2
        if (-not $description) { $description = $label }
        [System.Management.Automation.CompletionResult]::new($label, $label, 'ParameterValue', $description)
    }
}

<#
Draws lines of a console's output as a picture of a terminal: docs/images/tour.svg is made so.

    dotnet run --project src/IstioAdmin.Console -- -File docs/tour.ps1 > tour.txt
    dotnet run --project src/IstioAdmin.Console -- -File docs/render-terminal.ps1 tour.txt docs/images/tour.svg -First '# 15 of' -Last '# 16 of'
#>
param(
    [Parameter(Mandatory = $true)][string]$Text,
    [Parameter(Mandatory = $true)][string]$Picture,
    # How the first line begins.
    [string]$First = '',
    # How the line after the last one begins.
    [string]$Last = '',
    [int]$Columns = 120
)

$ErrorActionPreference = 'Stop'
$from = [IO.Path]::GetFullPath($Text, $PWD.ProviderPath)
$to = [IO.Path]::GetFullPath($Picture, $PWD.ProviderPath)
$lines = [Collections.Generic.List[string]]::new()
$inside = -not $First
foreach ($line in [IO.File]::ReadAllLines($from)) {
    if ($First -and $line.StartsWith($First)) { $inside = $true }
    elseif ($Last -and $inside -and $line.StartsWith($Last)) { break }
    if ($inside) { $lines.Add($(if ($line.Length -gt $Columns) { $line.Substring(0, $Columns) } else { $line })) }
}
while ($lines.Count -and -not $lines[$lines.Count - 1].Trim()) { $lines.RemoveAt($lines.Count - 1) }
if (-not $lines.Count) { throw "No line of $from begins with '$First'." }

$height = 60 + 19 * $lines.Count
$width = 40 + [int](8.43 * $Columns)
$svg = [Text.StringBuilder]::new()
[void]$svg.AppendLine("<svg xmlns=`"http://www.w3.org/2000/svg`" viewBox=`"0 0 $width $height`" width=`"$width`" height=`"$height`" font-family=`"ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace`" font-size=`"14`">")
[void]$svg.AppendLine("<rect width=`"$width`" height=`"$height`" rx=`"8`" fill=`"#14191f`"/>")
foreach ($dot in @(@(22, '#ff5f57'), @(42, '#febc2e'), @(62, '#28c840'))) { [void]$svg.AppendLine("<circle cx=`"$($dot[0])`" cy=`"20`" r=`"6`" fill=`"$($dot[1])`"/>") }
$y = 54
foreach ($line in $lines) {
    $color = if ($line.StartsWith('#')) { '#8a96a3' } elseif ($line.StartsWith('PS> ')) { '#7ee787' } elseif ($line -match 'NotRedirected|Partial|past the proxy|\(failed\)') { '#ff9f8f' } else { '#d7dde4' }
    [void]$svg.AppendLine("<text x=`"20`" y=`"$y`" fill=`"$color`" xml:space=`"preserve`">$([Security.SecurityElement]::Escape($line))</text>")
    $y += 19
}
[void]$svg.AppendLine('</svg>')
[IO.File]::WriteAllText($to, $svg.ToString().Replace("`r`n", "`n"))
"$to has $($lines.Count) lines."

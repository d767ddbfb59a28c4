// Draws what samples/Regression.FSharp prints as an SVG:
//   dotnet run --project samples/Regression.FSharp -c Release | dotnet fsi docs/pictures/uncertainty.fsx > docs/pictures/uncertainty.svg
open System
open System.Globalization
open System.Text.RegularExpressions

let number (text: string) = Double.Parse(text, CultureInfo.InvariantCulture)

let band = [|
    for line in Seq.initInfinite (fun _ -> Console.In.ReadLine()) |> Seq.takeWhile (isNull >> not) do
        let found = Regex.Match(line, @"x +(-?[\d.]+): +(-?[\d.]+) \+- ([\d.]+)")

        if found.Success then
            number found.Groups[1].Value, number found.Groups[2].Value, number found.Groups[3].Value
|]

let width, height = 640.0, 260.0
let across x = (x + 6.0) / 12.0 * width
let down y = height / 2.0 - y * height / 9.0

let path (points: seq<float * float>) =
    points
    |> Seq.map (fun (x, y) -> String.Format(CultureInfo.InvariantCulture, "{0:F1},{1:F1}", across x, down y))
    |> String.concat " "

let upper = band |> Array.map (fun (x, mean, deviation) -> x, mean + 2.0 * deviation)
let lower = band |> Array.map (fun (x, mean, deviation) -> x, mean - 2.0 * deviation)
let truth = [ for x in -6.0 .. 0.1..6.0 -> x, sin x ]
let mean = band |> Array.map (fun (x, mean, _) -> x, mean)

let data (first: float) (last: float) =
    let left, right = across first, across last
    $"""<rect x="{left:F1}" y="0" width="{right - left:F1}" height="{height}" fill="#8884"/>"""

printfn
    $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">
<rect width="{width}" height="{height}" fill="#fff"/>
{data -4.0 -1.0}{data 1.0 4.0}
<polygon points="{path (Array.append upper (Array.rev lower))}" fill="#2a78d680"/>
<polyline points="{path truth}" fill="none" stroke="#555" stroke-dasharray="4 4"/>
<polyline points="{path mean}" fill="none" stroke="#0b3c78" stroke-width="2"/>
<text x="8" y="18" fill="#333">data in the grey parts; dashed: the truth; line and band: mean and two standard deviations</text>
</svg>"""

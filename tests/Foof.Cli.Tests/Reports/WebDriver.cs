using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Foof.Cli.Tests.Reports;

/// <summary>A headless Chromium, driven over the WebDriver protocol (W3C) by Debian's chromedriver.</summary>
internal sealed partial class WebDriver : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process driver;
    private readonly HttpClient client;
    private readonly string session;

    /// <summary>Why no browser can be used here; null if one can.</summary>
    internal static string? Lacking { get; } =
        new[] { "chromium", "chromedriver" }.All(IsOnPath)
            ? null
            : "chromium and chromium-driver are not installed: ./test installs them where it may.";

    internal WebDriver()
    {
        driver = Process.Start(new ProcessStartInfo("chromedriver", "--port=0") { RedirectStandardOutput = true })!;
        client = new() { BaseAddress = new($"http://127.0.0.1:{Port()}"), Timeout = Patience };
        session = "";
        var answer = Send(HttpMethod.Post, "/session", new JsonObject { ["capabilities"] = Capabilities() });
        session = $"/session/{answer!["sessionId"]}";
    }

    private static JsonObject Capabilities() =>
        new()
        {
            ["alwaysMatch"] = new JsonObject
            {
                ["goog:loggingPrefs"] = new JsonObject { ["browser"] = "ALL" },
                ["goog:chromeOptions"] = new JsonObject
                {
                    ["args"] = new JsonArray(
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--hide-scrollbars"
                    ),
                },
            },
        };

    /// <summary>Opens a file and waits until it has drawn its charts.</summary>
    internal void Open(string file)
    {
        Load(file);
        WaitUntilDrawn();
    }

    /// <summary>Waits until the page has drawn its charts.</summary>
    internal void WaitUntilDrawn() =>
        Evaluate(
            "const done = arguments[arguments.length - 1];"
                + "const look = () => document.documentElement.dataset.drawn ? done(1) : "
                + "setTimeout(look, 20);"
                + "look();",
            "async"
        );

    /// <summary>What a script returns.</summary>
    internal JsonNode? Evaluate(string script, string kind = "sync") =>
        Send(HttpMethod.Post, $"/execute/{kind}", new JsonObject { ["script"] = script, ["args"] = new JsonArray() });

    /// <summary>The number of charts whose marks together are more than 20 pixels wide or high.</summary>
    internal int Charts() =>
        (int)
            Evaluate(
                "const extent = (boxes, from, to) => "
                    + "Math.max(...boxes.map(box => box[to])) - Math.min(...boxes.map(box => box[from]));"
                    + "return [...document.querySelectorAll('.chart')].filter(chart => {"
                    + "const boxes = [...chart.querySelectorAll('svg .mark-line path, svg .mark-rect path')]"
                    + ".map(mark => mark.getBoundingClientRect())"
                    + ".filter(box => box.width + box.height > 0);"
                    // Lines against seconds may be short beside a slow start, and are as high as the chart
                    // then.
                    + "return extent(boxes, 'left', 'right') > 20 || extent(boxes, 'top', 'bottom') > 20;"
                    + "}).length"
            )!;

    /// <summary>Pretends to be another screen.</summary>
    internal void Emulate(int width, int height, string scheme)
    {
        Evaluate("delete document.documentElement.dataset.drawn");
        Command(
            "Emulation.setDeviceMetricsOverride",
            new JsonObject
            {
                ["width"] = width,
                ["height"] = height,
                ["deviceScaleFactor"] = 1,
                ["mobile"] = width < 600,
            }
        );
        var feature = new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme };
        Command("Emulation.setEmulatedMedia", new JsonObject { ["features"] = new JsonArray(feature) });
    }

    /// <summary>Pretends to be paper of a width.</summary>
    internal void Print(int width)
    {
        Emulate(width, 900, "light");
        Command("Emulation.setEmulatedMedia", new JsonObject { ["media"] = "print" });
    }

    /// <summary>Runs a script before those of every page that is opened from now on.</summary>
    internal void Prepare(string script) =>
        Command("Page.addScriptToEvaluateOnNewDocument", new JsonObject { ["source"] = script });

    /// <summary>Opens a file and waits for nothing but the file.</summary>
    internal void Load(string file) =>
        Send(HttpMethod.Post, "/url", new JsonObject { ["url"] = new Uri(file).AbsoluteUri });

    /// <summary>Points at the middle of what a selector finds first.</summary>
    internal void PointAt(string selector)
    {
        var place = Evaluate(
            $"const found = document.querySelector('{selector}'); found.scrollIntoView({{block: 'center'}});"
                + "const box = found.getBoundingClientRect();"
                + "return [box.x + box.width / 2, box.y + box.height / 2]"
        )!;
        Command(
            "Input.dispatchMouseEvent",
            new JsonObject
            {
                ["type"] = "mouseMoved",
                ["x"] = (double)place[0]!,
                ["y"] = (double)place[1]!,
            }
        );
    }

    /// <summary>Presses a key.</summary>
    internal void Press(string key)
    {
        foreach (var type in new[] { "keyDown", "keyUp" })
            Command(
                "Input.dispatchKeyEvent",
                new JsonObject
                {
                    ["type"] = type,
                    ["key"] = key,
                    ["code"] = key,
                    ["windowsVirtualKeyCode"] = key == "Tab" ? 9 : 13,
                    ["text"] = key == "Enter" && type == "keyDown" ? "\r" : "",
                }
            );
    }

    /// <summary>What was written to the console since the last call.</summary>
    internal string[] Console() =>
        [
            .. Send(HttpMethod.Post, "/se/log", new JsonObject { ["type"] = "browser" })!
                .AsArray()
                .Select(entry => $"{entry!["level"]} {entry["message"]}"),
        ];

    /// <summary>The whole page as an image.</summary>
    internal byte[] Screenshot() =>
        Convert.FromBase64String(
            (string)
                Command(
                    "Page.captureScreenshot",
                    new JsonObject { ["captureBeyondViewport"] = true, ["format"] = "png" }
                )!["data"]!
        );

    private JsonNode? Command(string name, JsonObject parameters) =>
        Send(HttpMethod.Post, "/goog/cdp/execute", new JsonObject { ["cmd"] = name, ["params"] = parameters });

    private JsonNode? Send(HttpMethod method, string path, JsonObject? body = null)
    {
        using var request = new HttpRequestMessage(method, session + path);
        if (body is not null)
            // A length, not chunks: chromedriver reads no others.
            request.Content = new StringContent(body.ToJsonString());
        using var response = client.Send(request);
        using var stream = response.Content.ReadAsStream();
        var answer = JsonSerializer.Deserialize<JsonObject>(stream)!["value"];
        return response.IsSuccessStatusCode
            ? answer
            : throw new InvalidOperationException($"{path}: {answer?["message"]}");
    }

    private int Port()
    {
        while (driver.StandardOutput.ReadLine() is { } line)
            if (Started().Match(line) is { Success: true } match)
            {
                // Later output is read and ignored, since the driver would otherwise wait for a reader.
                _ = driver.StandardOutput.ReadToEndAsync();
                return int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            }
        throw new InvalidOperationException("chromedriver ended before it listened.");
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));

    [GeneratedRegex(@"started successfully on port (\d+)")]
    private static partial Regex Started();

    public void Dispose()
    {
        try
        {
            Send(HttpMethod.Delete, "");
        }
        finally
        {
            driver.Kill(entireProcessTree: true);
            driver.Dispose();
            client.Dispose();
        }
    }
}

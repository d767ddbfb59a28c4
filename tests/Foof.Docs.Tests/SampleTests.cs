using System.Globalization;
using System.Text.RegularExpressions;
using Foof.Tests;

namespace Foof.Docs.Tests;

/// <summary>The samples run and show what they promise.</summary>
public class SampleTests
{
    private const int MostLines = 60;

    [Fact]
    public void A_sample_is_short()
    {
        var samples = Directory.EnumerateFiles(
            Path.Combine(Checkout.Root, "samples"),
            "Program.*",
            SearchOption.AllDirectories
        );
        Assert.Equal(3, samples.Count());
        Assert.All(samples, file => Assert.InRange(File.ReadLines(file).Count(), 1, MostLines - 1));
    }

    [Fact]
    public async Task The_classifier_is_less_sure_far_from_its_data_than_the_network_alone()
    {
        var output = await Run("Classifier.CSharp");
        var numbers = Numbers(output, @"NLL ([\d.]+), confidence far from all data ([\d.]+) %");
        Assert.True(numbers[1][0] <= numbers[0][0] + 0.01, output);
        Assert.True(numbers[1][1] < numbers[0][1] - 5, output);
    }

    [Fact]
    public async Task The_regression_finds_the_noise_and_is_less_sure_in_the_gap()
    {
        var output = await Run("Regression.FSharp");
        Assert.InRange(Numbers(output, @"noise ([\d.]+)")[0][0], 0.17, 0.23);
        var bands = Numbers(output, @"x +(-?[\d.]+): +(-?[\d.]+) \+- ([\d.]+)");
        double At(double x) => bands.Single(band => band[0] == x)[2];
        Assert.True(At(0) > 5 * At(-2.5) && At(0) > 5 * At(2.5) && At(6) > At(0), output);
    }

    [Fact]
    public async Task The_continual_learner_forgets_less()
    {
        var averages = Numbers(await Run("Continual.CSharp"), @"average ([\d.]+) %");
        Assert.True(averages[1][0] > averages[0][0] + 10);
    }

    private static async Task<string> Run(string sample)
    {
        var program = Path.Combine(Checkout.Root, "artifacts", "bin", sample, "release", $"{sample}.dll");
        var (code, output) = await Programs.Run(Checkout.Root, program);
        Assert.True(code == 0, output);
        return output;
    }

    private static double[][] Numbers(string text, string pattern) =>
        [
            .. Regex
                .Matches(text, pattern)
                .Select(match =>
                    match
                        .Groups.Values.Skip(1)
                        .Select(group => double.Parse(group.Value, CultureInfo.InvariantCulture))
                        .ToArray()
                ),
        ];
}

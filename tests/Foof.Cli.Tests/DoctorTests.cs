using System.Runtime.Intrinsics.X86;
using System.Text.Json;

namespace Foof.Cli.Tests;

public sealed class DoctorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public DoctorTests() => data = Idx.WriteSet(folder);

    public void Dispose() => folder.Dispose();

    private static Dictionary<string, string?> Environment(string? torch = null, string? blas = null) =>
        new() { ["FOOF_LIBTORCH"] = torch, ["FOOF_BLAS"] = blas };

    /// <summary>Each item's verdict, with what was found and what to do.</summary>
    private Dictionary<string, (string Verdict, string Detail, string? Remedy)> Examine(
        Dictionary<string, string?> environment,
        int code,
        string? images = null
    )
    {
        var answer = ForeignProcess.Run(
            environment,
            ["info", "--doctor", "--json", "--data", images ?? data]
        );
        Assert.Equal((code, ""), (answer.Code, answer.Error));
        return Findings(answer.Output);
    }

    private static Dictionary<string, (string Verdict, string Detail, string? Remedy)> Findings(string output)
    {
        using var json = JsonDocument.Parse(output);
        return json
            .RootElement.GetProperty("doctor")
            .EnumerateArray()
            .ToDictionary(
                item => item.GetProperty("item").GetString()!,
                item =>
                    (
                        item.GetProperty("verdict").GetString()!,
                        item.GetProperty("detail").GetString()!,
                        item.GetProperty("remedy").GetString()
                    )
            );
    }

    private static string[] Items(
        Dictionary<string, (string Verdict, string Detail, string? Remedy)> found,
        string verdict
    ) => [.. found.Where(item => item.Value.Verdict == verdict).Select(item => item.Key)];

    [Fact]
    public void A_sound_installation_has_no_problem()
    {
        var answer = CommandLine.Run("info", "--doctor", "--data", data);
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        Assert.DoesNotContain("problem ", answer.Output, StringComparison.Ordinal);
        Assert.Contains(
            "50 images to train with and 20 to test with",
            answer.Output,
            StringComparison.Ordinal
        );

        var found = Findings(CommandLine.Run("info", "--doctor", "--data", data, "--json").Output);
        Assert.Equal(
            [".NET", "libtorch", "BLAS", "native library", "computation", "CUDA"],
            found.Keys.Take(6)
        );
        Assert.Equal(["processor", "memory", "disk", "data", "browser"], found.Keys.Skip(6));
        Assert.Empty(Items(found, "unchecked"));
        Assert.Contains(
            "Gflop/s in float32 by 2 threads",
            found["computation"].Detail,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Without_libtorch_all_else_is_looked_at()
    {
        var found = Examine(Environment(torch: folder.Path), ExitCode.Failure);
        Assert.Equal(["libtorch"], Items(found, "problem"));
        Assert.Equal(["native library", "computation", "CUDA"], Items(found, "unchecked"));
        Assert.StartsWith($"FOOF_LIBTORCH is {folder.Path}, and neither", found["libtorch"].Detail);
        Assert.StartsWith("unset FOOF_LIBTORCH", found["libtorch"].Remedy);
    }

    [Fact]
    public void A_wrong_BLAS_is_told_from_a_wrong_libtorch()
    {
        File.WriteAllText(folder["libblas.so.3"], "no library");
        var found = Examine(Environment(blas: folder.Path), ExitCode.Failure);
        Assert.Equal(["BLAS"], Items(found, "problem"));
        Assert.Contains(
            "libblas.so.3 there cannot be loaded",
            found["BLAS"].Detail,
            StringComparison.Ordinal
        );
        Assert.EndsWith("which was not loaded", found["libtorch"].Detail);
    }

    [Fact]
    public void Kernels_for_an_old_processor_are_warned_of()
    {
        var found = Examine(new() { ["OPENBLAS_CORETYPE"] = "Prescott" }, ExitCode.Success);
        string[] expected = Avx2.IsSupported ? ["BLAS"] : ["processor"];
        Assert.Equal(expected, Items(found, "warning"));
        if (Avx2.IsSupported)
            Assert.StartsWith("unset OPENBLAS_CORETYPE", found["BLAS"].Remedy);
    }

    [Fact]
    public void Missing_and_damaged_data_are_problems()
    {
        var missing = Examine(Environment(), ExitCode.Failure, folder["missing"])["data"];
        Assert.Equal(("problem", $"{folder["missing"]} does not exist"), (missing.Verdict, missing.Detail));
        Assert.Contains("fashion-mnist", missing.Remedy, StringComparison.Ordinal);

        var file = Path.Combine(data, Idx.TrainLabels);
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..20]);
        var damaged = Examine(Environment(), ExitCode.Failure)["data"];
        Assert.Equal("problem", damaged.Verdict);
        Assert.StartsWith($"{file}: offset", damaged.Detail);
    }

    [Theory]
    [InlineData(true, "is missing")]
    [InlineData(false, "libtorch could not be loaded")]
    public void A_native_library_that_lacks_or_is_damaged_is_a_problem(bool lacks, string detail)
    {
        var copy = Directory.CreateDirectory(folder["copy"]).FullName;
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        var library = Path.Combine(copy, "libfoof_native.so");
        if (lacks)
            File.Delete(library);
        else
            File.WriteAllText(library, "no library");
        var answer = ForeignProcess.RunCopy(copy, "info", "--doctor", "--json", "--data", data);
        var found = Findings(answer.Output);
        Assert.Equal(ExitCode.Failure, answer.Code);
        Assert.Equal(["native library"], Items(found, "problem"));
        Assert.Contains(detail, found["native library"].Detail, StringComparison.Ordinal);
        Assert.StartsWith("run ./foof info", found["native library"].Remedy);
    }

    [Fact]
    public void Problems_are_shown_with_what_to_do()
    {
        var answer = ForeignProcess.Run(Environment(torch: folder.Path), "info", "--doctor", "--data", data);
        Assert.Matches("(?m)^problem libtorch +FOOF_LIBTORCH is", answer.Output);
        Assert.Matches("(?m)^ +-> unset FOOF_LIBTORCH", answer.Output);
        Assert.EndsWith(
            "1 problem, 0 warnings: the lines with -> say what to do.\n",
            answer.Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Help_and_mistakes_need_no_libtorch()
    {
        var environment = Environment(torch: folder.Path);
        Assert.Equal(ExitCode.Success, ForeignProcess.Run(environment, "--help").Code);
        Assert.Equal(ExitCode.Success, ForeignProcess.Run(environment, "--version").Code);
        var answer = ForeignProcess.Run(environment, "train", "--epoch", "3");
        Assert.StartsWith("Unknown option '--epoch'", answer.Sentence(ExitCode.Usage));
        Assert.StartsWith(
            "FOOF_LIBTORCH must name the folder of a libtorch",
            ForeignProcess.Run(environment, "train", "--data", data).Sentence()
        );
    }

    [Fact]
    public void Data_are_looked_at_by_the_doctor_alone() =>
        Assert.Equal(
            "--data needs --doctor, which looks at it.",
            CommandLine.Run("info", "--data", data).Sentence(ExitCode.Usage)
        );
}

using System.Text.Json;
using Foof.Cli.Engine;

namespace Foof.Cli.Tests;

public sealed class DoctorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public DoctorTests() => data = Idx.WriteSet(folder);

    public void Dispose() => folder.Dispose();

    private ProgramCopy Copy() => new(folder["copy"]);

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

    /// <summary>
    /// The engine's finding if it is the only problem; every other command then fails with it.
    /// </summary>
    private (string Detail, string Remedy) Problem(ProgramCopy program)
    {
        var doctor = program.Run("info", "--doctor", "--json", "--data", data);
        Assert.Equal((ExitCode.Failure, ""), (doctor.Code, doctor.Error));
        var found = Findings(doctor.Output);
        Assert.Equal(["libtorch"], Items(found, "problem"));
        Assert.Equal(["computation", "CUDA"], Items(found, "unchecked"));
        var (_, detail, remedy) = found["libtorch"];

        var command = program.Run("train", "--data", data, "--json");
        Assert.Equal("", command.Output);
        var sentence = command.Sentence();
        Assert.Equal($"{detail}: {remedy}.", sentence, ignoreCase: true);
        return (detail, remedy!);
    }

    [Fact]
    public void A_sound_installation_has_no_problem()
    {
        var answer = CommandLine.Run("info", "--doctor", "--data", data);
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        Assert.DoesNotContain("problem ", answer.Output, StringComparison.Ordinal);
        Assert.Contains("50 images to train with and 20 to test with", answer.Output, StringComparison.Ordinal);

        var found = Findings(CommandLine.Run("info", "--doctor", "--data", data, "--json").Output);
        Assert.Equal([".NET", "libtorch", "computation", "CUDA"], found.Keys.Take(4));
        Assert.Equal(["processor", "memory", "disk", "data", "browser"], found.Keys.Skip(4));
        Assert.Empty(Items(found, "unchecked"));
        Assert.Matches("^[0-9.]+, by TorchSharp [0-9.]+$", found["libtorch"].Detail);
        Assert.Contains("Gflop/s in float32 by 2 threads", found["computation"].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_backend_the_packages_are_named()
    {
        var (detail, remedy) = Problem(Copy().WithoutBackend());
        Assert.StartsWith("no libtorch for ", detail);
        Assert.Contains($"TorchSharp-cpu {Libtorch.TorchSharpVersion}, or ", remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_backend_of_another_libtorch_is_refused_before_it_can_end_the_process()
    {
        // A small library that loads but reports no version, like old ones; the list of packages has the
        // version.
        var program = Copy();
        var (detail, _) = Problem(
            program.With(ProgramCopy.Torch, File.ReadAllBytes(program["libtorch_global_deps.so"])).WithBackend("2.7.1")
        );
        Assert.StartsWith("libtorch 2.7.1 is beside the program, and TorchSharp ", detail);
    }

    [Fact]
    public void Versions_fit_up_to_the_second_number()
    {
        Version asked = new(2, 10, 0, 0);
        Assert.Null(Libtorch.Mismatch(new(2, 10, 1), asked));
        Assert.Equal(
            "Libtorch 2.9.1 is beside the program, "
                + $"and TorchSharp {Libtorch.TorchSharpVersion} asks for 2.10.0: build the program with the backend "
                + $"of TorchSharp's own version, the package TorchSharp-cpu {Libtorch.TorchSharpVersion}, "
                + "or TorchSharp-cuda-linux or TorchSharp-cuda-windows for a device of NVIDIA.",
            Libtorch.Mismatch(new(2, 9, 1), asked)!.Sentence
        );
    }

    [Fact]
    public void An_old_libstdcpp_without_the_mend_gets_what_to_switch_on()
    {
        // A version that no libstdc++ has, so that this one is too old wherever the test runs.
        var (detail, remedy) = Problem(Copy().WithName(ProgramCopy.Binding, "GLIBCXX_3.4.21", "GLIBCXX_9.9.99"));
        Assert.Contains("GLIBCXX_9.9.99", detail, StringComparison.Ordinal);
        Assert.Contains("-p:FoofMendTorchSharp=true", remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProgramCopy.Torch)]
    [InlineData(ProgramCopy.Binding)]
    public void A_damaged_library_is_named_with_the_reason(string library)
    {
        var program = Copy().With(library, "no library"u8.ToArray());
        var (detail, _) = Problem(program);
        Assert.StartsWith($"{program[library]} cannot be loaded (", detail);
        Assert.Contains("file too short", detail, StringComparison.Ordinal);
    }

    [Fact]
    public void TorchSharps_own_library_is_named_where_it_alone_is_missing()
    {
        var program = Copy();
        File.Delete(program[ProgramCopy.Binding]);
        Assert.Equal(
            ("TorchSharp's own library, libLibTorchSharp.so, is not beside the program", "build it again"),
            Problem(program)
        );
    }

    [Fact]
    public void Missing_and_damaged_data_are_problems()
    {
        var missing = Data(folder["missing"]);
        Assert.Equal(("problem", $"{folder["missing"]} does not exist"), (missing.Verdict, missing.Detail));
        Assert.Contains("fashion-mnist", missing.Remedy, StringComparison.Ordinal);

        var file = Path.Combine(data, Idx.TrainLabels);
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..20]);
        var damaged = Data(data);
        Assert.Equal("problem", damaged.Verdict);
        Assert.StartsWith($"{file}: offset", damaged.Detail);

        static (string Verdict, string Detail, string? Remedy) Data(string images)
        {
            var answer = CommandLine.Run("info", "--doctor", "--json", "--data", images);
            Assert.Equal((ExitCode.Failure, ""), (answer.Code, answer.Error));
            return Findings(answer.Output)["data"];
        }
    }

    [Fact]
    public void The_doctor_refuses_the_data_that_training_refuses()
    {
        (string File, byte[] Content)[] damages =
        [
            (Idx.TrainLabels, Idx.Labels(49)),
            (Idx.TestLabels, Idx.Images(20, 3)),
            (Idx.TrainImages, [.. Idx.Header(0x803, 50, 28, 27), .. new byte[50 * 28 * 27]]),
            (Idx.TestImages, Idx.Images(21, 3)),
            (Idx.TestLabels, []),
        ];
        foreach (var (name, content) in damages)
        {
            var file = Path.Combine(data, name);
            var sound = File.ReadAllBytes(file);
            if (content.Length == 0)
                File.Delete(file);
            else
                File.WriteAllBytes(file, content);
            var refusal = CommandLine.Run("train", "--data", data, "--model", "linear").Sentence();
            var doctor = CommandLine.Run("info", "--doctor", "--json", "--data", data);
            Assert.Equal(ExitCode.Failure, doctor.Code);
            Assert.Equal(refusal, $"{Findings(doctor.Output)["data"].Detail}.");
            File.WriteAllBytes(file, sound);
        }
    }

    [Fact]
    public void Problems_are_shown_with_what_to_do()
    {
        var answer = CommandLine.Run("info", "--doctor", "--data", folder["missing"]);
        Assert.Matches("(?m)^problem data ", answer.Output);
        Assert.Matches("(?m)^ +-> name a folder of IDX files", answer.Output);
        Assert.EndsWith(
            "1 problem, 0 warnings: the lines with -> say what to do.\n",
            answer.Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Help_completion_and_mistakes_need_no_libtorch()
    {
        var program = Copy().WithoutBackend();
        Assert.Equal(ExitCode.Success, program.Run("--help").Code);
        Assert.Equal(ExitCode.Success, program.Run("--version").Code);
        Assert.Equal(ExitCode.Success, program.Run("completion", "bash").Code);
        Assert.StartsWith("Unknown option '--epoch'", program.Run("train", "--epoch", "3").Sentence(ExitCode.Usage));
    }

    [Fact]
    public void Data_are_looked_at_by_the_doctor_alone() =>
        Assert.Equal(
            "--data needs --doctor, which looks at it.",
            CommandLine.Run("info", "--data", data).Sentence(ExitCode.Usage)
        );
}

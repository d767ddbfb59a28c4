namespace Foof.Cli.Tests;

public sealed class ExitCodeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string data;

    public ExitCodeTests() => data = Idx.WriteSet(folder, train: 60);

    public void Dispose() => folder.Dispose();

    private string Sentence(string line, int code) =>
        CommandLine
            .Run([.. line.Split(' ').Select(word => word.Replace("DIR", folder.Path, StringComparison.Ordinal))])
            .LastSentence(code);

    [Theory]
    [InlineData("train --data DIR/data1 --model linear", 60, "training images")]
    [InlineData("train --data DIR/data1 --model linear --subset 50 --validation 20", 30, "training images")]
    [InlineData("compare --data DIR/data1 --model linear --optimizers sgd", 60, "training images")]
    [InlineData("continual --data DIR/data1 --validation 20", 40, "training images of the smallest task")]
    [InlineData(
        "continual --data DIR/data1 --validation 20 --scenario split --tasks 5",
        8,
        "training images of the smallest task"
    )]
    public void A_batch_that_is_larger_than_the_data_is_refused(string line, int most, string which) =>
        Assert.Equal(
            $"--batch-size must be at most {most}, the {which}; got {most + 1}: lower it.",
            Sentence($"{line} --batch-size {most + 1}", ExitCode.Usage)
        );

    // A value that no run can have, or that neither the data nor the kept run can have.
    [Theory]
    [InlineData("train --subset 61")]
    [InlineData("train --validation 60")]
    [InlineData("train --subset 20 --validation 20")]
    [InlineData("compare --subset 61")]
    [InlineData("compare --validation 60")]
    [InlineData("continual --subset 61")]
    [InlineData("continual --validation 60")]
    [InlineData("continual --tasks 1001 --validation 20")]
    [InlineData("continual --tasks 6 --scenario split --validation 20")]
    [InlineData("laplace --model DIR/run --test 21")]
    [InlineData("laplace --model DIR/run --subsample 61")]
    [InlineData("laplace --model DIR/run --samples 100001")]
    [InlineData("laplace --model DIR/run --tune validation")]
    [InlineData("train --resume DIR/run --seed 7")]
    [InlineData("train --resume DIR/run --epochs 1")]
    [InlineData("validate --cases nothing", false)]
    [InlineData("bench step --rows nothing", false)]
    [InlineData("bench step --batch-size 10001", false)]
    public void A_value_that_cannot_be_exits_with_2(string line, bool hasData = true)
    {
        if (line.Contains("DIR/run", StringComparison.Ordinal))
            Train();
        Sentence(hasData ? $"{line} --data {data}" : line, ExitCode.Usage);
    }

    // A place that is missing, damaged, in use or of another kind.
    [Theory]
    [InlineData("train --data DIR/nowhere")]
    [InlineData("compare --data DIR/nowhere")]
    [InlineData("continual --data DIR/nowhere")]
    [InlineData("train --resume DIR/nowhere")]
    [InlineData("continual --resume DIR/nowhere")]
    [InlineData("laplace --model DIR/nowhere")]
    [InlineData("laplace --model DIR/run --data DIR/nowhere")]
    [InlineData("train --data DIR/data1 --model linear --optimizer sgd --metrics DIR")]
    [InlineData("compare --data DIR/data1 --model linear --optimizers sgd --report DIR")]
    [InlineData("continual --data DIR/data1 --validation 20 --metrics DIR")]
    [InlineData("laplace --model DIR/run --metrics DIR")]
    [InlineData("validate --metrics DIR")]
    [InlineData("bench gram --metrics DIR")]
    [InlineData("info --metrics DIR")]
    [InlineData("train --data DIR/data1 --out DIR/run")]
    public void A_place_that_is_not_what_it_must_be_exits_with_1(string line)
    {
        if (line.Contains("DIR/run", StringComparison.Ordinal))
            Train();
        Sentence(line, ExitCode.Failure);
    }

    private void Train()
    {
        string[] run = ["train", "--data", data, "--model", "linear", "--optimizer", "sgd", "--epochs", "2"];
        Assert.Equal("", CommandLine.Run([.. run, "--out", folder["run"]]).Error);
    }
}

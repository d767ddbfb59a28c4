namespace Foof.Cli.Tests.Laplace;

/// <summary>
/// A small network that <c>foof train</c> left in a folder, made once for all tests of posteriors.
/// </summary>
public sealed class TrainedNetwork : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TrainedNetwork()
    {
        Data = Idx.WriteSet(folder, train: 60);
        Network = Train("network", "--model", "mlp", "--hidden", "8", "--validation", "20");
    }

    /// <summary>The data's folder: 40 images to train with, 20 held out, 20 to test with.</summary>
    internal string Data { get; }

    /// <summary>The network's folder: 784-8-10 with biases.</summary>
    internal string Network { get; }

    /// <summary>A file or folder that does not exist yet.</summary>
    internal string this[string name] => folder[name];

    /// <summary>Data other than the network's.</summary>
    internal string OtherData() => Idx.WriteSet(folder, train: 60, seed: 2);

    /// <summary>Enough data for the network that is trained if no network is named.</summary>
    internal string ManyData() => Idx.WriteSet(folder, train: 2060, seed: 3);

    /// <summary>Trains one more network.</summary>
    internal string Train(string name, params string[] options)
    {
        string[] command = ["train", "--data", Data, "--optimizer", "adam", "--epochs", "2", "--threads", "1"];
        var answer = CommandLine.Run([.. command, .. options, "--out", folder[name]]);
        Assert.Equal((ExitCode.Success, ""), (answer.Code, answer.Error));
        return folder[name];
    }

    public void Dispose() => folder.Dispose();
}

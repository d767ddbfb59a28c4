using System.Collections.Concurrent;

namespace Foof.Build.Tests;

/// <summary>Every project's evaluation in both flavours, made once, a few at a time.</summary>
public sealed class Flavours
{
    internal const string CudaPackage = "TorchSharp-cuda-linux";

    private readonly ConcurrentDictionary<string, Evaluation> system = new();
    private readonly ConcurrentDictionary<string, Evaluation> package = new();

    public Flavours() =>
        Parallel.ForEach(
            Repository.Projects,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            project =>
            {
                system[project] = Evaluation.Of(project);
                package[project] = Evaluation.Of(
                    project,
                    "-p:TorchFlavour=package",
                    "-p:TorchPackage=" + CudaPackage
                );
            }
        );

    internal Evaluation System(string project) => system[project];

    internal Evaluation Package(string project) => package[project];
}

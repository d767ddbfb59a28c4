namespace Foof.Cli.Continual;

/// <summary>Everything that decides the numbers of <c>foof continual</c>.</summary>
internal sealed record ContinualSettings
{
    /// <summary><c>fashion-mnist</c> or a folder.</summary>
    public required string Data { get; init; }

    /// <summary>How tasks are made of the images.</summary>
    public required string Scenario { get; init; }

    /// <summary>How many tasks there are.</summary>
    public required int Tasks { get; init; }

    /// <summary>The variants' names, in their order.</summary>
    public required string[] Variants { get; init; }

    /// <summary>The strength of all penalties; null: chosen from each variant's grid.</summary>
    public required double? Strength { get; init; }

    /// <summary>Passes over each task's images.</summary>
    public required int Epochs { get; init; }

    /// <summary>Images in a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Adam's.</summary>
    public required double LearningRate { get; init; }

    /// <summary>How many training images there are, validation among them; null: all.</summary>
    public required int? Subset { get; init; }

    /// <summary>How many training images are held out.</summary>
    public required int Validation { get; init; }

    /// <summary>The first seed.</summary>
    public required long Seed { get; init; }

    /// <summary>How many seeds.</summary>
    public required int Seeds { get; init; }

    /// <summary>Threads of libtorch.</summary>
    public required int Threads { get; init; }

    /// <summary>Where to compute.</summary>
    public required string Device { get; init; }

    /// <summary>The seeds.</summary>
    internal IEnumerable<long> AllSeeds => Enumerable.Range(0, Seeds).Select(place => Seed + place);
}

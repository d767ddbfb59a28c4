namespace Foof.Cli.Training;

/// <summary>Everything that decides a run. It is kept in checkpoints.</summary>
internal sealed record TrainingOptions
{
    /// <summary>The data set's name or folder.</summary>
    public required string Data { get; init; }

    /// <summary>The network's name.</summary>
    public required string Model { get; init; }

    /// <summary>The optimiser's name.</summary>
    public required string Optimizer { get; init; }

    /// <summary>How many passes over the training images.</summary>
    public required int Epochs { get; init; }

    /// <summary>How many images a step sees.</summary>
    public required int BatchSize { get; init; }

    /// <summary>The size of a step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>lambda, added to matrices that are means over data points.</summary>
    public required double Damping { get; init; }

    /// <summary>The share of the velocity that is kept.</summary>
    public required double Momentum { get; init; }

    /// <summary>The factor of the weights that a step takes off them.</summary>
    public required double WeightDecay { get; init; }

    /// <summary>T: every how many steps matrices are inverted.</summary>
    public required int InvertEvery { get; init; }

    /// <summary>S: in how many steps before an inversion statistics are taken.</summary>
    public required int StatisticsSteps { get; init; }

    /// <summary>The type of the products that make an update: float32 or bfloat16.</summary>
    public string Products { get; init; } = Float32;

    /// <summary>The share of each batch that statistics are made of.</summary>
    public double StatisticsShare { get; init; } = 1.0;

    /// <summary>How many steps later an inverse is used that is made beside the steps; 0: it is made in the step.</summary>
    public int StaleSteps { get; init; }

    /// <summary>How many of the training images are used; null: all.</summary>
    public required int? Subset { get; init; }

    /// <summary>How many of the training images are held out, the last ones; null: none.</summary>
    public int? Validation { get; init; }

    /// <summary>The widths of a multi-layer perceptron's hidden layers, as in 400-400; null: the paper's.</summary>
    public string? Hidden { get; init; }

    /// <summary>How pixels come to the network.</summary>
    public string Pixels { get; init; } = Foof.Cli.Data.PixelScale.Standardised.Name;

    /// <summary>Decides the weights at the start and the order of the images.</summary>
    public required long Seed { get; init; }

    /// <summary>How many threads libtorch uses.</summary>
    public required int Threads { get; init; }

    /// <summary>Where it is computed.</summary>
    public string Device { get; init; } = Engine.Devices.Cpu;

    internal const string Float32 = "float32";
    internal const string BFloat16 = "bfloat16";

    /// <summary>A method with what these options say of it.</summary>
    internal Recipe Compose(Recipe method)
    {
        var speed = new SpeedOptions
        {
            BFloat16Products = Products == BFloat16,
            StatisticsShare = StatisticsShare,
            StaleSteps = StaleSteps,
        };
        return speed.In(method.WithDamping(Damping).WithCadence(InvertEvery, StatisticsSteps));
    }

    /// <summary>Whether a run can have them: a file may say anything.</summary>
    internal bool IsPossible =>
        Data is not null
        && Math.Min(Math.Min(Epochs, BatchSize), Math.Min(Threads, Subset ?? 1)) >= 1
        && StatisticsSteps >= 1
        && StatisticsSteps <= InvertEvery
        && LearningRate > 0
        && Damping > 0
        && Momentum is >= 0 and < 1
        && WeightDecay >= 0
        && Validation is null or >= 1
        && (Hidden is null || Models.Mlp.Widths(Hidden) is not null)
        && Foof.Cli.Data.PixelScale.Names.Contains(Pixels)
        && (Products is Float32 or BFloat16)
        && StatisticsShare is > 0 and <= 1
        && Engine.Devices.IsName(Device)
        && StaleSteps >= 0
        && StaleSteps <= InvertEvery;
}

using Foof.Cli.Data;
using Foof.Cli.Settings;
using static Foof.Cli.Settings.CommonSettings;
using static Foof.Cli.Settings.Forms;
using static Foof.Cli.Settings.Setting<Foof.Cli.Laplace.LaplaceSettings>;

namespace Foof.Cli.Laplace;

/// <summary>A kind of posterior.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Fisher">What is kept of the Fisher; null: all of it, written out or in columns.</param>
/// <param name="LastLayer">Whether it covers only the last layer.</param>
/// <param name="Subsample">The default number of training images; null means all.</param>
internal sealed record PosteriorKind(
    string Name,
    CurvatureStructure? Fisher,
    bool LastLayer = false,
    int? Subsample = null
)
{
    /// <summary>All kinds; the first one is the default.</summary>
    internal static IReadOnlyList<PosteriorKind> All { get; } =
    [
        new("kron", CurvatureStructure.Kronecker),
        new("full", Fisher: null, Subsample: 2000),
        new("diag", CurvatureStructure.Diagonal),
        new("foof", CurvatureStructure.Foof),
        new("last-layer", Fisher: null, LastLayer: true),
        new("last-layer-kron", CurvatureStructure.Kronecker, LastLayer: true),
        new("last-layer-diag", CurvatureStructure.Diagonal, LastLayer: true),
    ];
}

/// <summary>Everything that decides the numbers of <c>foof laplace</c>.</summary>
internal sealed record LaplaceSettings
{
    internal const string ByValidation = "validation";
    internal const string ByEvidence = "evidence";
    internal const string ByLayer = "evidence-per-layer";

    private const int MostSamples = 100_000;

    private static readonly PredictionOptions Probit = new() { Link = LinkApproximation.Probit };

    /// <summary>The table of settings, in the order of help.</summary>
    internal static SettingTable<LaplaceSettings> Table { get; } =
        new(
            Optional(
                s => s.Model,
                Text("DIR"),
                "The folder of a run of foof train",
                "trains an mlp 784-400-400-10 first"
            ),
            Of(
                s => s.Structure,
                OneOf([.. PosteriorKind.All.Select(kind => (kind.Name, kind))]),
                "What the posterior keeps of the curvature",
                PosteriorKind.All[0]
            ),
            Optional(
                s => s.Subsample,
                Count,
                "How many training images the Fisher is computed from",
                $"{PosteriorKind.All.Max(kind => kind.Subsample)} for full, all for others"
            ),
            Optional(
                s => s.Labels,
                OneOf([("all", FisherType.Ggn), ("sampled", FisherType.MonteCarlo)]),
                "Which labels the Fisher is taken at",
                "all, if they fit the memory budget"
            ),
            Of(s => s.Samples, UpTo(MostSamples), "How many samples predictions draw, if they need samples", 100),
            Optional(
                s => s.Tune,
                OneOf([ByValidation, ByEvidence, ByLayer]),
                "How the prior precision is chosen",
                "validation if images were held out, otherwise evidence"
            ),
            Optional(s => s.PriorPrecision, Positive, "The prior precision, instead of a choice by --tune")
                .Unless(s =>
                    s is { Tune: not null, PriorPrecision: not null }
                        ? "--prior-precision and --tune exclude each other: leave one out."
                        : null
                ),
            Of(s => s.Temperature, Positive, "What the covariance is multiplied by", 1.0),
            Of(
                s => s.Predict,
                OneOf([
                    ("probit", Probit),
                    ("bridge", new PredictionOptions { Link = LinkApproximation.LaplaceBridge }),
                    ("sampled", new PredictionOptions { Link = LinkApproximation.MonteCarlo }),
                    ("monte-carlo", new PredictionOptions { Type = PredictionType.SampledWeights }),
                ]),
                "How predictions are made",
                Probit
            ),
            Optional(s => s.Data, Forms.Data, "The data", "those of the run"),
            Optional(s => s.Test, Count, "Predict the first n test images", "all"),
            Of(s => s.MemoryBudget, Count, "The largest size of the curvature in megabytes", 1024),
            Of(s => s.Seed, Whole, "Decides samples, sampled labels and noise images", 42),
            Threads<LaplaceSettings>(s => s.Threads),
            Device<LaplaceSettings>(s => s.Device)
        );

    public string? Model { get; init; }
    public PosteriorKind Structure { get; init; } = null!;
    public int? Subsample { get; init; }
    public FisherType? Labels { get; init; }
    public int Samples { get; init; }
    public string? Tune { get; init; }
    public double? PriorPrecision { get; init; }
    public double Temperature { get; init; }
    public PredictionOptions Predict { get; init; } = null!;
    public string? Data { get; init; }
    public int? Test { get; init; }
    public int MemoryBudget { get; init; }
    public long Seed { get; init; }
    public int Threads { get; init; }
    public string Device { get; init; } = null!;
}

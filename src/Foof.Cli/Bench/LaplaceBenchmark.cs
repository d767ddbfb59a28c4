using System.Diagnostics;
using Foof.Cli.Data;
using Foof.Cli.Engine;
using Foof.Cli.Models;
using Foof.Cli.Output;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof.Cli.Bench;

/// <summary>Times low-rank Laplace posteriors for growing networks and growing numbers of columns.</summary>
internal sealed class LaplaceBenchmark(int rounds, Device device)
{
    private const int Turns = 5;
    private const int Predicted = 50;
    private const double PriorPrecision = 100;

    private static readonly (int[] Widths, int Columns)[] Cases =
    [
        ([12, 22], 1000),
        ([400, 400], 250),
        ([400, 400], 500),
        ([400, 400], 1000),
        ([400, 400], 2000),
        ([800, 400], 1000),
        ([2000, 1500], 1000),
    ];

    private static readonly double[] Precisions =
    [
        .. Enumerable.Range(0, 1000).Select(i => Math.Pow(10, i / 100.0 - 4)),
    ];

    /// <summary>The names of all rows.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. Cases.Select(Name)];

    /// <summary>Measures one row, or all if no name is given; null if the user stopped it.</summary>
    internal IReadOnlyList<LaplaceTime>? Run(string? row, Terminal terminal) =>
        Measured.Rows(
            terminal,
            "bench laplace",
            [.. Cases.Where(one => row is null || row == Name(one))],
            Name,
            one => Measure(one.Widths, one.Columns)
        );

    private static string Name((int[] Widths, int Columns) each) =>
        $"{ImageShape.FashionMnist.Pixels}-{string.Join('-', each.Widths)}-{ImageShape.FashionMnist.Classes} m={each.Columns}";

    private LaplaceTime Measure(int[] widths, int columns)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        manual_seed(42).Dispose();
        using var model = Networks.Perceptron(ImageShape.FashionMnist, widths).to(device);
        model.eval();
        var input = randn(columns, ImageShape.FashionMnist.Pixels, device: device);
        var layers = CoverageModule.all(model).Layers;
        MemoryUse.ResetPeak();
        using var penalties = new LaplacePenalties(model, input);
        var runs = Enumerable.Range(0, rounds + 1).Select(_ => Once(model, layers, input, penalties)).Skip(1).ToArray();
        var p = model.parameters().Sum(parameter => parameter.numel());
        return new(
            Name((widths, columns)),
            p,
            columns,
            Of(run => run.Fit),
            Of(run => run.Samples),
            Of(run => run.Predict),
            1000 * Of(run => run.Evidence),
            Of(run => run.Pass),
            Of(run => run.PenaltyToPass),
            Of(run => run.PenaltyOfAllLabelsToPass),
            MemoryUse.PeakMegabytes
        );

        double Of(Func<Times, double> time) => Spread.Of(runs.Select(time)).Median;
    }

    private readonly record struct Times(
        double Fit,
        double Samples,
        double Predict,
        double Evidence,
        double Pass,
        double PenaltyToPass,
        double PenaltyOfAllLabelsToPass
    );

    private Times Once(nn.Module<Tensor, Tensor> model, Layer[] layers, Tensor input, LaplacePenalties penalties)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7, device);
        var forward = Timed(() => model.call(input).Dispose());
        var (pass, penalty) = InTurn(() => Pass(model, input), penalties.Sampled.AddGradient);
        var (passBeside, penaltyOfAll) = InTurn(() => Pass(model, input), penalties.AllLabels.AddGradient);
        Posterior posterior = null!;
        var fit = Timed(() => posterior = Fit(model, layers, input, generator));
        var samples = Timed(() => Draw(posterior, generator));
        var points = input.narrow(0, 0, Predicted);
        var predict = Timed(() => Predict(model, layers, points, posterior));
        var evidence = Timed(() =>
        {
            using var inner = NewDisposeScope();
            var distance = PosteriorModule.distance(posterior);
            Evidence.curve(-1.0, distance, Precisions, PosteriorModule.spectrum(posterior));
        });
        return new(
            Math.Max(0, fit - forward),
            samples,
            predict,
            evidence,
            pass,
            penalty / pass,
            penaltyOfAll / passBeside
        );
    }

    private static void Draw(Posterior posterior, Generator generator)
    {
        foreach (var chunk in Sampling.stream(100, generator, posterior))
            GC.KeepAlive(chunk);
    }

    private double Timed(Action work)
    {
        Devices.Settle(device);
        var start = Stopwatch.GetTimestamp();
        work();
        Devices.Settle(device);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // The medians of two pieces of work that alternate, as in training.
    private (double First, double Second) InTurn(Action first, Action second)
    {
        var times = Enumerable.Range(0, Turns).Select(_ => (First: Timed(first), Second: Timed(second))).ToArray();
        return (
            Spread.Of(times.Select(time => time.First)).Median,
            Spread.Of(times.Select(time => time.Second)).Median
        );
    }

    // The work of a training step without the optimiser.
    private static void Pass(nn.Module<Tensor, Tensor> model, Tensor input)
    {
        using var scope = NewDisposeScope();
        using var recorded = enable_grad();
        var labels = zeros(input.shape[0], dtype: ScalarType.Int64, device: input.device);
        var loss = LikelihoodModule.loss(Likelihood.Categorical, model.call(input), labels);
        loss.backward();
    }

    private static Posterior Fit(nn.Module<Tensor, Tensor> model, Layer[] layers, Tensor input, Generator generator)
    {
        var problem = new Problem(model, layers, Likelihood.Categorical, generator);
        var factor = FisherModule.factor(problem, Fisher.NewMonteCarlo(1), new(input, null));
        var data = DataPrecisionModule.ofFactor(FisherFactorModule.scale(60_000, factor));
        var prior = PriorModule.isotropic(layers.Length, PriorPrecision);
        return PosteriorModule.make(WeightPenalty.copied(layers), data, prior);
    }

    private static void Predict(nn.Module<Tensor, Tensor> model, Layer[] layers, Tensor points, Posterior posterior)
    {
        using var scope = NewDisposeScope();
        var linearised = Jacobian.factor(new(model, layers, Likelihood.Categorical, null), points);
        var output = linearised.Output;
        Predictive.probit(output, Predictive.covariance(output.shape[0], linearised.Jacobian, posterior));
    }
}

/// <summary>Penalties of elastic weight consolidation with the full Fisher of one batch. It owns them.</summary>
internal sealed class LaplacePenalties : IDisposable
{
    /// <summary>Consolidates the batch, and allocates the gradients that the penalties are added to.</summary>
    internal LaplacePenalties(nn.Module<Tensor, Tensor> model, Tensor input)
    {
        Sampled = Consolidated(model, input, FisherType.MonteCarlo);
        AllLabels = Consolidated(model, input, FisherType.Ggn);
        foreach (var penalty in new[] { Sampled, AllLabels })
            penalty.AddGradient();
    }

    /// <summary>One sampled label for each data point.</summary>
    internal ElasticWeightConsolidation Sampled { get; }

    /// <summary>The expectation over all labels, with as many columns per data point as there are classes.</summary>
    internal ElasticWeightConsolidation AllLabels { get; }

    private static ElasticWeightConsolidation Consolidated(
        nn.Module<Tensor, Tensor> model,
        Tensor input,
        FisherType labels
    )
    {
        var penalty = new ElasticWeightConsolidation(
            model,
            Loss.CrossEntropy,
            new() { Structure = CurvatureStructure.LowRank, FisherType = labels }
        );
        penalty.Consolidate([(input, null)]);
        return penalty;
    }

    /// <summary>Frees what was learnt.</summary>
    public void Dispose()
    {
        Sampled.Dispose();
        AllLabels.Dispose();
    }
}

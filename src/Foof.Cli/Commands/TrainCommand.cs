using System.CommandLine;
using Foof.Cli.Data;
using Foof.Cli.Models;
using Foof.Cli.Training;

namespace Foof.Cli.Commands;

/// <summary><c>foof train</c>: its options, and how they become a request.</summary>
internal sealed class TrainCommand
{
    private readonly Option<string?> data = CommonOptions.Data(
        "The data: fashion-mnist, or a folder of IDX files, gzipped or not [default: fashion-mnist]"
    );

    private readonly Option<string?> model = Choice.Among(
        "--model",
        "The network [default: mlp]",
        ModelCatalogue.Names
    );

    private readonly Option<string?> optimizer = Choice.Among(
        "--optimizer",
        "The optimiser [default: foof]",
        OptimizerCatalogue.Names
    );

    private readonly Option<int?> epochs = Choice.Count("--epochs", "Passes over the data [default: 3]");

    private readonly Option<int?> batchSize = Choice.Count("--batch-size", "Images in a step [default: 100]");

    private readonly Option<double?> learningRate = Choice.Positive(
        "--learning-rate",
        "The size of a step [default: the method's own; foof 0.3, sgd 0.01, adam 0.0001]"
    );

    private readonly Option<double?> damping = Choice.Positive(
        "--damping",
        "lambda, added to matrices that are means over data points [default: the method's own; foof 1]"
    );

    private readonly Option<double?> momentum = Choice.Fraction(
        "--momentum",
        "The share of the velocity that is kept [default: sgd 0.9, others 0]"
    );

    private readonly Option<double?> weightDecay = Choice.NotNegative(
        "--weight-decay",
        "The factor of the weights that a step takes off them [default: 0]"
    );

    private readonly Option<int?> invertEvery = Choice.Count(
        "--invert-every",
        "T: every how many steps matrices are inverted [default: the method's own; foof 100]"
    );

    private readonly Option<int?> statisticsSteps = Choice.Count(
        "--statistics-steps",
        "S: in how many steps before an inversion statistics are taken [default: the lesser of 10 and T]"
    );

    private readonly Option<string?> products = Choice.Among(
        "--products",
        "The type of the products that make an update; bfloat16 saves time on some processors (see info --doctor) [default: float32]",
        [TrainingOptions.Float32, TrainingOptions.BFloat16]
    );

    private readonly Option<double?> statisticsShare = Choice.Share(
        "--statistics-share",
        "The share of each batch that statistics are made of [default: 1]"
    );

    private readonly Option<int?> staleSteps = Choice.Count(
        "--stale-steps",
        "Invert on a thread of its own, for the steps from n later on [default: in the step]"
    );

    private readonly Option<int?> subset = Choice.Count(
        "--subset",
        "Train with the first n images [default: all]"
    );

    private readonly Option<int?> validation = Choice.Count(
        "--validation",
        "Hold the last n training images out, for foof laplace to choose the prior by [default: none]"
    );

    private readonly Option<string?> hidden = Choice.Text(
        "--hidden",
        "WIDTHS",
        "The hidden layers of the mlp, with biases, such as 400-400 [default: the paper's, without biases]"
    );

    private readonly Option<string?> pixels = Choice.Among(
        "--pixels",
        "How pixels come to the network: with MNIST's mean and deviation, or from 0 to 1 [default: standardised]",
        PixelScale.Names
    );

    private readonly Option<long?> seed = Choice.Integer(
        "--seed",
        "Decides the weights at the start and the order of the images [default: 42]"
    );

    private readonly Option<int?> threads = Choice.Threads();

    private readonly Option<string?> device = Choice.Device();

    private readonly Option<string?> folder = Choice.Text(
        "--out",
        "DIR",
        "Leave a checkpoint here after every epoch and when stopped"
    );

    private readonly Option<string?> resume = Choice.Text(
        "--resume",
        "DIR",
        "Go on from the checkpoint in this folder, to the same bits; all options are as they were"
    );

    private readonly Option<string?> metrics = CommonOptions.Metrics();

    private readonly Option<string?> report = CommonOptions.Report();

    /// <summary>The command.</summary>
    internal static Command Make(CommandFrame frame)
    {
        var options = new TrainCommand();
        var command = new Command("train", "Train a network and show how well it does");
        foreach (var option in options.All)
            command.Add(option);
        command.SetAction(parsed =>
            frame.Run(parsed, terminal => new TrainingRun(options.Read(parsed), terminal).Run())
        );
        return command;
    }

    private IEnumerable<Option> All =>
        [optimizer, learningRate, damping, .. OfEveryRun, folder, resume, metrics, report];

    /// <summary>What a run has beside the optimiser, its learning rate and its damping.</summary>
    internal IEnumerable<Option> OfEveryRun =>
        [
            data,
            model,
            epochs,
            batchSize,
            momentum,
            weightDecay,
            invertEvery,
            statisticsSteps,
            products,
            statisticsShare,
            staleSteps,
            subset,
            validation,
            hidden,
            pixels,
            seed,
            threads,
            device,
        ];

    /// <summary>What was said of them.</summary>
    internal TrainingRequest Request(ParseResult parsed) =>
        new()
        {
            Data = parsed.GetValue(data),
            Model = parsed.GetValue(model),
            Epochs = parsed.GetValue(epochs),
            BatchSize = parsed.GetValue(batchSize),
            Momentum = parsed.GetValue(momentum),
            WeightDecay = parsed.GetValue(weightDecay),
            InvertEvery = parsed.GetValue(invertEvery),
            StatisticsSteps = parsed.GetValue(statisticsSteps),
            Products = parsed.GetValue(products),
            StatisticsShare = parsed.GetValue(statisticsShare),
            StaleSteps = parsed.GetValue(staleSteps),
            Subset = parsed.GetValue(subset),
            Validation = parsed.GetValue(validation),
            Hidden = parsed.GetValue(hidden),
            Pixels = parsed.GetValue(pixels),
            Seed = parsed.GetValue(seed),
            Threads = parsed.GetValue(threads),
            Device = parsed.GetValue(device),
        };

    private TrainingPlan Read(ParseResult parsed) =>
        new(
            Request(parsed) with
            {
                Optimizer = parsed.GetValue(optimizer),
                LearningRate = parsed.GetValue(learningRate),
                Damping = parsed.GetValue(damping),
            },
            parsed.GetValue(folder),
            parsed.GetValue(resume),
            parsed.GetValue(metrics),
            parsed.GetValue(report)
        );
}

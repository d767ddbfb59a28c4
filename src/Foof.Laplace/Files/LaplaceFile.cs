using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>
/// A posterior as a file, with the core's description of the posterior and a description of its network and
/// data.
/// </summary>
internal static class LaplaceFile
{
    private const string PosteriorKey = "foof.posterior";
    private const string NetworkKey = "foof.posterior.network";
    private const string GradientPrefix = "gradient.";

    /// <summary>The header's description of the network and the data.</summary>
    private sealed record Network(
        LayerDescription[] Layers,
        string Likelihood,
        double[] Sigma,
        long Points,
        long DataPoints,
        double? LogLikelihood,
        long Entries,
        [property: JsonConverter(typeof(JsonStringEnumConverter<FisherType>))] FisherType FisherType,
        int SampledLabels,
        bool IsLastLayer,
        bool IsWhole,
        [property: JsonConverter(typeof(JsonStringEnumConverter<CurvatureStructure>))] CurvatureStructure Structure,
        bool IsFisherTypeChosen
    );

    /// <summary>The content of a file: the layers that it covers, and how further data are added.</summary>
    internal readonly record struct Content(
        Layer[] Layers,
        Posterior Posterior,
        LaplaceSummary Summary,
        Tensor[]? Gradient,
        LaplaceOptions Options
    );

    /// <summary>Writes the file completely or not at all.</summary>
    internal static void Save(
        string path,
        Layer[] layers,
        Posterior posterior,
        LaplaceSummary summary,
        Tensor[]? gradient,
        LaplaceOptions options
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var tensors = new Dictionary<string, Tensor>();
        var text = PosteriorFormat.describe(tensors, posterior);
        foreach (var (l, matrix) in (gradient ?? []).Index())
            tensors.Add($"{GradientPrefix}{l}", matrix);
        var network = JsonSerializer.Serialize(Describe(layers, summary, options));
        CurvatureFile.Save(path, tensors, new(PosteriorKey, text), new(NetworkKey, network));
    }

    /// <summary>
    /// Reads a file on the layers' device; the tensors belong to the caller's dispose scope. The layers are
    /// those that the options select; without a selection, or with a last layer alone, those that the file names.
    /// </summary>
    internal static Content Load(string path, Layer[] layers, LaplaceOptions options)
    {
        var device = layers[0].Weight.device;
        var file = CurvatureFile.Load(path, device, "a posterior", PosteriorKey, NetworkKey);
        var network = file.Description<Network>(
            1,
            network => network is { Layers: not null, Likelihood: not null, Sigma: not null }
        );
        if (options.LastLayer && network.Layers.Length > 1)
            throw file.Foreign(
                $"must be of the last layer alone, as LastLayer says; it is of {network.Layers.Length} layers: leave "
                    + "LastLayer out, or fit another posterior"
            );
        if (options.LastLayer || options.Select is null)
            layers = Named(layers, network);
        file.RequireLayers(layers, network.Layers);
        RequireStructure(file, options, network);
        var weights = WeightPenalty.weights(layers);
        var (posterior, summary, gradient) = file.Read(() =>
        {
            var read = PosteriorFormat.read(file.Tensors, file.Texts[0]);
            WeightVector.check("the mean", WeightVector.shapes(weights), read.Mean);
            return (read, Summary(network), Gradient(file.Tensors, layers.Length));
        });
        if (LaplacePosterior.FirstMoved(layers, posterior.Mean) is { } layer)
            throw file.Foreign(
                $"must be of this network; the weights of '{layer.Name}' differ: load the network that the posterior was "
                    + "fitted to"
            );
        return new(layers, posterior, summary, gradient, Options(options, network, summary));
    }

    // If some are missing, the file is of another network: all layers are taken, so that the message shows
    // both.
    private static Layer[] Named(Layer[] layers, Network network)
    {
        var names = network.Layers.Select(layer => layer.Name).ToHashSet();
        Layer[] named = [.. layers.Where(layer => names.Contains(layer.Name))];
        return named.Length == network.Layers.Length ? named : layers;
    }

    // Labels that are chosen here take precedence. If the fit sampled labels only for lack of memory, all
    // labels of further data are tried first again.
    private static LaplaceOptions Options(LaplaceOptions options, Network network, LaplaceSummary summary)
    {
        var ofFile = options with { Structure = network.Structure };
        return options.FisherType is not null || !network.IsFisherTypeChosen
            ? ofFile
            : ofFile with
            {
                FisherType = summary.FisherType,
                SampledLabels = Math.Max(1, summary.SampledLabels),
            };
    }

    private static Tensor[]? Gradient(Dictionary<string, Tensor> tensors, int layers) =>
        tensors.ContainsKey($"{GradientPrefix}0")
            ? [.. Enumerable.Range(0, layers).Select(l => tensors[$"{GradientPrefix}{l}"])]
            : null;

    private static Network Describe(Layer[] layers, LaplaceSummary summary, LaplaceOptions options) =>
        new(
            LayerDescription.Of(layers),
            NameOf(summary.Likelihood),
            summary.Likelihood switch
            {
                Likelihood.Gaussian { sigma: var sigma } => [sigma],
                Likelihood.GaussianPerOutput { sigma: var sigma } => sigma,
                _ => [],
            },
            summary.Points,
            summary.DataPoints,
            summary.LogLikelihood,
            summary.Entries,
            summary.FisherType,
            summary.SampledLabels,
            summary.IsLastLayer,
            summary.IsWhole,
            summary.Structure,
            options.FisherType is not null
        );

    private static string NameOf(Likelihood likelihood) =>
        likelihood switch
        {
            Likelihood.Gaussian => "gaussian",
            Likelihood.GaussianPerOutput => "gaussian per output",
            { IsCategorical: true } => "categorical",
            { IsBernoulli: true } => "bernoulli",
            _ => "poisson",
        };

    private static LaplaceSummary Summary(Network network) =>
        new()
        {
            Structure = network.Structure,
            Likelihood = network.Likelihood switch
            {
                "gaussian" => Likelihood.NewGaussian(network.Sigma[0]),
                "gaussian per output" => Likelihood.NewGaussianPerOutput(network.Sigma),
                "categorical" => Likelihood.Categorical,
                "bernoulli" => Likelihood.Bernoulli,
                _ => Likelihood.Poisson,
            },
            Points = network.Points,
            DataPoints = network.DataPoints,
            LogLikelihood = network.LogLikelihood,
            Entries = network.Entries,
            Fisher = FisherTypes.Of(network.FisherType, Math.Max(1, network.SampledLabels)),
            IsLastLayer = network.IsLastLayer,
            IsWhole = network.IsWhole,
        };

    // The default structure cannot be distinguished from a choice, so it counts as no choice.
    private static void RequireStructure(CurvatureFile file, LaplaceOptions options, Network network)
    {
        if (options.Structure != network.Structure && options.Structure != new LaplaceOptions().Structure)
            throw file.Foreign(
                $"is of structure {network.Structure}, and the options say {options.Structure}: leave Structure out, or "
                    + "fit another posterior"
            );
    }
}

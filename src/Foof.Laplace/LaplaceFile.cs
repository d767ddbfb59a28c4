using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace Foof;

/// <summary>A posterior as a safetensors file with a description in its header.</summary>
internal static class LaplaceFile
{
    private const string PosteriorKey = "foof.posterior";
    private const string NetworkKey = "foof.posterior.network";
    private const string CheckSumKey = "check_sum";
    private const string GradientPrefix = "gradient.";

    /// <summary>What the header says beside the posterior itself.</summary>
    private sealed record Network(
        LayerDescription[] Layers,
        string Likelihood,
        double[] Sigma,
        long Points,
        long DataPoints,
        double? LogLikelihood,
        long Entries,
        string Labels,
        int SampledLabels,
        bool IsLastLayer,
        bool IsWhole,
        [property: JsonConverter(typeof(JsonStringEnumConverter<LaplaceStructure>))]
            LaplaceStructure? Structure = null,
        bool AreLabelsChosen = false
    );

    /// <summary>What a file says: the layers that it covers, and how it goes on with further data.</summary>
    internal readonly record struct Content(
        Layer[] Layers,
        Posterior Posterior,
        LaplaceFacts Facts,
        Tensor[]? Gradient,
        LaplaceOptions Options
    );

    /// <summary>Writes all of it or nothing.</summary>
    internal static void Save(
        string path,
        Layer[] layers,
        Posterior posterior,
        LaplaceFacts facts,
        Tensor[]? gradient,
        LaplaceOptions options
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var tensors = new Dictionary<string, Tensor>();
        var text = PosteriorFormat.describe(tensors, posterior);
        foreach (var (l, matrix) in (gradient ?? []).Index())
            tensors.Add($"{GradientPrefix}{l}", matrix);
        var network = JsonSerializer.Serialize(Describe(layers, facts, options));
        Safetensors.Save(
            path,
            tensors,
            [
                new(PosteriorKey, text),
                new(NetworkKey, network),
                new(CheckSumKey, FileCheckSum.Of(tensors, text + network)),
            ]
        );
    }

    /// <summary>
    /// Reads it on the layers' device; tensors belong to the caller's scope. The layers are those that the
    /// options cover; where these leave them open, those among them that the file names.
    /// </summary>
    internal static Content Load(string path, Layer[] layers, LaplaceOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var content = Safetensors.Load(path);
        var (text, network) = Checked(path, content);
        if (options is { Select: null, LastLayer: false })
            layers = Named(layers, network);
        Require(path, layers, network);
        RequireStructure(path, options, network);
        var device = layers[0].Weight.device;
        // Outside of every scope until here: the scope of the caller takes the tensors on.
        var tensors = content.Tensors.ToDictionary(pair => pair.Key, pair => pair.Value.to(device).alias());
        try
        {
            var posterior = PosteriorFormat.read(tensors, text);
            RequireWeights(path, layers, posterior);
            var (facts, gradient) = (Facts(network), Gradient(tensors, layers.Length));
            return new(layers, posterior, facts, gradient, Options(options, network, facts));
        }
        catch (ArgumentException error) when (error is not ForeignFileException)
        {
            throw Damaged(path, error.Message);
        }
    }

    // All of them where some are missing: then the file is of another network, and the message shows both.
    private static Layer[] Named(Layer[] layers, Network network)
    {
        var names = network.Layers.Select(layer => layer.Name).ToHashSet();
        Layer[] named = [.. layers.Where(layer => names.Contains(layer.Name))];
        return named.Length == network.Layers.Length ? named : layers;
    }

    // Labels that are chosen anew count; whether a posterior is of sampled ones for want of memory alone is asked
    // again of further data.
    private static LaplaceOptions Options(LaplaceOptions options, Network network, LaplaceFacts facts)
    {
        // Early files do not tell their structure: then it is what the options say.
        var ofFile = options with
        {
            Structure = network.Structure ?? options.Structure,
        };
        return options.Labels is not null || !network.AreLabelsChosen
            ? ofFile
            : ofFile with
            {
                Labels = facts.Labels,
                SampledLabels = Math.Max(1, facts.SampledLabels),
            };
    }

    private static Tensor[]? Gradient(Dictionary<string, Tensor> tensors, int layers) =>
        tensors.ContainsKey($"{GradientPrefix}0")
            ? [.. Enumerable.Range(0, layers).Select(l => tensors[$"{GradientPrefix}{l}"])]
            : null;

    private static Network Describe(Layer[] layers, LaplaceFacts facts, LaplaceOptions options) =>
        new(
            LayerDescription.Of(layers),
            NameOf(facts.Likelihood),
            facts.Likelihood switch
            {
                Likelihood.Gaussian { sigma: var sigma } => [sigma],
                Likelihood.GaussianPerOutput { sigma: var sigma } => sigma,
                _ => [],
            },
            facts.Points,
            facts.DataPoints,
            facts.LogLikelihood,
            facts.Entries,
            facts.Rule.IsFull ? "full"
                : facts.Rule.IsEmpirical ? "empirical"
                : "sampled",
            facts.SampledLabels,
            facts.IsLastLayer,
            facts.IsWhole,
            options.Structure,
            options.Labels is not null
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

    private static LaplaceFacts Facts(Network network) =>
        new()
        {
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
            Rule = network.Labels switch
            {
                "full" => Fisher.Full,
                "empirical" => Fisher.Empirical,
                _ => Fisher.NewMonteCarlo(Math.Max(1, network.SampledLabels)),
            },
            IsLastLayer = network.IsLastLayer,
            IsWhole = network.IsWhole,
        };

    private static (string Text, Network Network) Checked(string path, SafetensorsContent content)
    {
        if (
            content.Metadata.GetValueOrDefault(PosteriorKey) is not { } text
            || content.Metadata.GetValueOrDefault(NetworkKey) is not { } network
        )
            throw new ForeignFileException($"{path} must be a posterior's file; it does not tell of any.");
        var found = FileCheckSum.Of(content.Tensors, text + network);
        var kept = content.Metadata.GetValueOrDefault(CheckSumKey);
        if (kept != found)
            throw Damaged(path, $"its check sum must be {found}; found {kept ?? "none"}");
        try
        {
            return
                JsonSerializer.Deserialize<Network>(network)
                    is { Layers: not null, Likelihood: not null, Sigma: not null } description
                ? (text, description)
                : throw Damaged(path, "its description is incomplete");
        }
        catch (JsonException)
        {
            throw Damaged(path, "its description is no JSON");
        }
    }

    private static void Require(string path, Layer[] layers, Network network)
    {
        var expected = LayerDescription.Text(LayerDescription.Of(layers));
        var found = LayerDescription.Text(network.Layers);
        if (expected != found)
            throw new ForeignFileException(
                $"{path} must be of this network, {expected}; it is of another one, {found}."
            );
    }

    // The default cannot be told from a choice, and is none.
    private static void RequireStructure(string path, LaplaceOptions options, Network network)
    {
        if (
            network.Structure is { } structure
            && options.Structure != structure
            && options.Structure != new LaplaceOptions().Structure
        )
            throw new ForeignFileException(
                $"{path} is of structure {structure}, and the options say {options.Structure}: leave "
                    + "Structure out, or fit a posterior anew."
            );
    }

    private static void RequireWeights(string path, Layer[] layers, Posterior posterior)
    {
        using var scope = NewDisposeScope();
        var weights = WeightPenalty.weights(layers);
        foreach (var (layer, (mean, own)) in layers.Zip(posterior.Mean.Zip(weights)))
            if (!mean.eq(own).all().item<bool>())
                throw new ForeignFileException(
                    $"{path} must be of this network; the weights of '{layer.Name}' are others: load the network "
                        + "that the posterior was fitted to."
                );
    }

    private static InvalidDataException Damaged(string path, string reason) =>
        new($"{path} is damaged: {reason.TrimEnd('.')}.");

    /// <summary>The file is of something else.</summary>
    private sealed class ForeignFileException(string sentence) : ArgumentException(sentence);
}

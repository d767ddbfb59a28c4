using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Foof;

/// <summary>Explains, after a failure, why a batch does not fit the model.</summary>
internal static class Mismatch
{
    private static readonly string[] NoRoom = ["out of memory", "can't allocate memory"];

    /// <summary>
    /// Runs work on a batch; if libtorch fails because the batch does not fit, the error names both sides.
    /// Nothing is checked unless the work fails, and the model is not run again.
    /// </summary>
    /// <exception cref="ArgumentException">The batch does not fit the model or the likelihood.</exception>
    internal static T Explained<T>(nn.Module model, Tensor input, Tensor? target, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error)
        {
            // The sentence begins with its subject, which is the argument's name.
            if (Of(model, input, target) is { } sentence)
                throw new ArgumentException(sentence, sentence.Split(' ')[0], error);
            if (ForwardPass.failed(error) && OfPass(model, input, error) is { } passed)
                throw new ArgumentException(passed, nameof(input), error);
            throw;
        }
    }

    /// <summary>The same for a method whose parameters are <c>inputs</c> and <c>targets</c>.</summary>
    /// <inheritdoc cref="Explained{T}"/>
    internal static T OfSeveral<T>(nn.Module model, Tensor input, Tensor? target, Func<T> work)
    {
        try
        {
            return Explained(model, input, target, work);
        }
        catch (ArgumentException error) when (error.ParamName is nameof(input) or nameof(target))
        {
            var (name, sentence) = (error.ParamName, error.Message.Replace($" (Parameter '{error.ParamName}')", ""));
            var own = sentence.StartsWith($"{name} ", StringComparison.Ordinal)
                ? $"{name}s{sentence[name.Length..]}"
                : sentence;
            throw new ArgumentException(own, $"{name}s", error);
        }
    }

    /// <inheritdoc cref="Explained{T}"/>
    internal static void Explained(nn.Module model, Tensor input, Tensor? target, Action work) =>
        _ = Explained(
            model,
            input,
            target,
            () =>
            {
                work();
                return true;
            }
        );

    /// <summary>Returns one sentence, or null if devices and types agree.</summary>
    internal static string? Of(nn.Module model, Tensor? input, Tensor? target)
    {
        if (input is null or { IsInvalid: true } || target is { IsInvalid: true })
            return null;
        if (model.parameters().FirstOrDefault() is not { } weight)
            return null;
        var place = weight.device;
        if (!Require.isSameDevice(input.device, place))
            return Sentence("input", $"{input.device}", $"{place}");
        if (target is not null && !Require.isSameDevice(target.device, place))
            return Sentence("target", $"{target.device}", $"{place}");
        return input.is_floating_point() && input.dtype != weight.dtype
            ? Sentence("input", $"{input.dtype}", $"{weight.dtype}")
            : null;
    }

    /// <summary>
    /// Returns one sentence about an input on which the forward pass failed; null if nothing can be said.
    /// </summary>
    internal static string? OfPass(nn.Module model, Tensor? input, Exception error)
    {
        if (Of(model, input, null) is { } sentence)
            return sentence;
        if (error is not ExternalException || input is null or { IsInvalid: true } || LacksRoom(error))
            return null;
        var weight = model.parameters().FirstOrDefault();
        return weight is not null && !input.is_floating_point() && !TakesIndices(model)
            ? Sentence("input", $"{input.dtype}", $"{weight.dtype}")
            : $"input [{Shape.text(input.shape)}] does not fit the model{FirstLayer(model)}: "
                + $"{error.Message.Split('\n')[0].TrimEnd('.')}.";
    }

    private static bool LacksRoom(Exception error) =>
        NoRoom.Any(words => error.Message.Contains(words, StringComparison.OrdinalIgnoreCase));

    private static bool TakesIndices(nn.Module model) =>
        model.named_modules().Select(named => named.Item2).Prepend(model).Any(module => module is Embedding);

    private static string FirstLayer(nn.Module model)
    {
        var layers = CoverageModule.survey(model, (_, _) => true).Layers;
        if (layers.Length == 0)
            return "";
        var first = layers[0];
        var shape = first.Weight.shape;
        var name = first.Name.Length > 0 ? $" '{first.Name}'" : "";
        var takes =
            first.Geometry.IsLookup ? $" takes indices below {shape[0]}"
            : first.Geometry.IsDense ? $" takes [.; {shape[1]}]"
            : first.Geometry is Geometry.Convolution found ? $" takes {Images(found.Item, shape)}"
            : $" has the weight [{Shape.text(shape)}]";
        return $", whose first covered layer{name}{takes}";
    }

    private static string Images(Window window, long[] weight)
    {
        var channels = window.IsTransposed ? weight[0] : weight[1] * window.Groups;
        return $"[.; {channels}{string.Concat(Enumerable.Repeat("; .", window.Axes))}]";
    }

    private static string Sentence(string subject, string found, string expected) =>
        $"{subject} must be {expected}, like the model's weights; got {found}: convert it by {subject}.to(...).";
}

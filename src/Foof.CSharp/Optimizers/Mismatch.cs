using static TorchSharp.torch;

namespace Foof;

/// <summary>Says which devices or types do not go together, once something has failed.</summary>
internal static class Mismatch
{
    /// <summary>
    /// Runs what needs a model's batch; where it fails by a mismatch, the error names both sides.
    /// </summary>
    /// <exception cref="ArgumentException">Devices or types do not go together.</exception>
    internal static T Told<T>(nn.Module model, Tensor input, Tensor? target, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error) when (Of(model, input, target) is { } sentence)
        {
            throw new ArgumentException(sentence, nameof(input), error);
        }
    }

    /// <summary>One sentence, or null where devices and types agree.</summary>
    internal static string? Of(nn.Module model, Tensor input, Tensor? target)
    {
        if (input.IsInvalid || target is { IsInvalid: true })
            return null;
        if (model.parameters().FirstOrDefault() is not { } weight)
            return null;
        var place = weight.device.ToString();
        if (input.device.ToString() != place)
            return Sentence("input", input.device.ToString(), place);
        if (target is not null && target.device.ToString() != place)
            return Sentence("target", target.device.ToString(), place);
        return input.is_floating_point() && input.dtype != weight.dtype
            ? Sentence("input", $"{input.dtype}", $"{weight.dtype}")
            : null;
    }

    private static string Sentence(string subject, string found, string expected) =>
        $"{subject} must be {expected}, like the model's weights; got {found}: convert it by {subject}.to(...).";
}

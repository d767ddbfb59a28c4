using static TorchSharp.torch;

namespace Foof;

public abstract partial class CurvatureOptimizer
{
    /// <summary>
    /// What is added to the loss, as of earlier tasks; null is nothing. Its gradient goes through the
    /// curvature with the loss's; <see cref="TrainingStep.Loss"/> is the batch's alone. It stays its owner's. A
    /// step raises an InvalidOperationException where none of its gradients is of this optimiser's parameters.
    /// </summary>
    /// <example>
    /// <code>optimizer.Penalty = new ElasticWeightConsolidation(model, Loss.CrossEntropy);</code>
    /// </example>
    public IPenalty? Penalty
    {
        get => (core.Penalty as CorePenalty)?.Penalty;
        set => core.Penalty = value is null ? null : new CorePenalty(value, parameters);
    }

    /// <summary>
    /// Takes the statistics of one batch in and inverts, whatever the periods say: it gives methods made of
    /// errors (K-FAC, EKFAC, Eva, natural gradients) their curvature in the ordinary loop, in place of <see
    /// cref="Step"/>.
    /// </summary>
    /// <remarks>
    /// Call it before the step's own <c>call</c>, with the same batch or another one, once in as many steps
    /// as the curvature may lag behind: it costs a pass over the batch and an inversion. No weight and no
    /// <c>grad</c> changes, and <see cref="Position"/> stays.
    /// </remarks>
    /// <example>
    /// <code>
    /// if (i % 100 == 0)
    ///     optimizer.Observe(images, labels);
    /// optimizer.zero_grad();
    /// torch.nn.functional.cross_entropy(model.call(images), labels).backward();
    /// optimizer.step();
    /// </code>
    /// </example>
    /// <param name="input">[n; ...], data points first.</param>
    /// <param name="target">
    /// As <see cref="Foof.Loss"/> says; methods that sample labels read of it only which are ignored, and
    /// take null.
    /// </param>
    /// <exception cref="ArgumentException">
    /// Shapes, types or devices do not fit, or labels are missing.
    /// </exception>
    /// <exception cref="InvalidOperationException">The method is made of gradients (Shampoo).</exception>
    /// <exception cref="NumericalFailure">
    /// An error is not finite, or an inversion fails; nothing changed.
    /// </exception>
    public void Observe(Tensor input, Tensor? target = null)
    {
        RequireUsable();
        ArgumentNullException.ThrowIfNull(input);
        Mismatch.Told(
            model,
            input,
            target,
            () =>
            {
                core.Observe(input, target!);
                return true;
            }
        );
    }
}

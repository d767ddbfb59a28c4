namespace Foof;

/// <summary>How the penalties of several tasks become one.</summary>
/// <example>
/// <code>var options = new ContinualOptions { Tasks = ContinualTasks.Separate };</code>
/// </example>
public enum ContinualTasks
{
    /// <summary>
    /// One penalty around the newest weights: curvature is added up, with <see
    /// cref="ContinualOptions.Decay"/>, and Kronecker products are merged into one with the trace of the sum
    /// (Ritter et al. 2018).
    /// </summary>
    Online,

    /// <summary>
    /// A penalty for each task around the weights that it left: memory grows with the
    /// tasks.
    /// </summary>
    Separate,

    /// <summary>
    /// The separate penalties' sum multiplied out: the same values, where curvature can be added exactly,
    /// with one curvature in memory.
    /// </summary>
    Summed,
}

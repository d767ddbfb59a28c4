namespace Foof;

/// <summary>How the penalties of several tasks become one.</summary>
/// <example>
/// <code>var options = new ContinualOptions { Tasks = ContinualTasks.Separate };</code>
/// </example>
public enum ContinualTasks
{
    /// <summary>
    /// One penalty around the newest weights: curvatures are added up, with <see
    /// cref="ContinualOptions.Decay"/>, and Kronecker products are merged into one with the trace of the sum
    /// (Ritter et al. 2018).
    /// </summary>
    Online,

    /// <summary>
    /// A penalty for each task, around the weights at its end: memory grows with the number of tasks.
    /// </summary>
    Separate,

    /// <summary>
    /// The separate penalties added up into one: the values are the same if curvatures can be added exactly,
    /// and only one curvature is in memory.
    /// </summary>
    Summed,
}

namespace Foof;

/// <summary>What is kept of a task's Fisher.</summary>
/// <example>
/// <code>var options = new ContinualOptions { Structure = ContinualStructure.Diagonal };</code>
/// </example>
public enum ContinualStructure
{
    /// <summary>E (x) A for each layer: the best average accuracy for the memory that was measured.</summary>
    Kronecker,

    /// <summary>The diagonal (Kirkpatrick et al. 2017).</summary>
    Diagonal,

    /// <summary>
    /// The whole Fisher, with all layers together, by its factor: as much memory as one backward pass over
    /// the task's data points keeps.
    /// </summary>
    FullFisher,
}

namespace Foof.Cli.Output;

/// <summary>Shows how far long work is.</summary>
internal interface IProgressView
{
    /// <summary>Does the work, on the calling thread, and shows what it tells its meter.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="total">How many steps it has.</param>
    /// <param name="work">The work.</param>
    void Track(string title, int total, Action<Meter> work);

    /// <summary>A line that stays.</summary>
    void Line(string text);
}

namespace Foof.Cli.Doctor;

/// <summary>What is thought of one item of an installation.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Foof works, but slower or in part.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Problem,

    /// <summary>It could not be looked at, since an item before it has a problem.</summary>
    Unchecked,
}

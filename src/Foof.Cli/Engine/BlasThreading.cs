namespace Foof.Cli.Engine;

/// <summary>How an OpenBLAS makes threads; the numbers are its own.</summary>
internal enum BlasThreading
{
    /// <summary>It makes none.</summary>
    Sequential = 0,

    /// <summary>POSIX threads, which fight libtorch's for the cores.</summary>
    Posix = 1,

    /// <summary>OpenMP, the threads that libtorch uses too.</summary>
    OpenMP = 2,
}

using System.Diagnostics;
using Foof.Cli.Reports;

namespace Foof.Cli.Output;

/// <summary>How long work will still take, by the pace of what was done since this object was made.</summary>
internal sealed class TimeLeft
{
    private readonly long start = Stopwatch.GetTimestamp();
    private long done;

    /// <summary>One more part of the work is done.</summary>
    internal void Add() => done++;

    /// <summary>Words such as ", 2.5 min left"; empty before the first part is done and after the last one.</summary>
    /// <param name="before">What stands before the time.</param>
    /// <param name="left">How many parts are left.</param>
    internal string Of(string before, long left) =>
        done == 0 || left <= 0
            ? ""
            : $"{before}{Say.Time(Stopwatch.GetElapsedTime(start).TotalSeconds / done * left)} left";
}

using System.Globalization;
using Microsoft.Extensions.Logging;
using static TorchSharp.torch;

namespace Foof.CSharp.Tests.Optimizers;

/// <summary>What a curvature that could not be inverted leaves behind.</summary>
public sealed class FallbackTests
{
    [Fact]
    public void A_fallback_is_logged_and_raised()
    {
        using var scope = NewDisposeScope();
        var log = new Lines();
        var raised = new List<FallbackEventArgs>();
        using var optimizer = new FoofOptimizer(nn.Linear(6, 3), damping: 1e-20, options: new() { Logger = log });
        optimizer.Fallback += (sender, fallback) =>
        {
            Assert.Same(optimizer, sender);
            raised.Add(fallback);
        };
        optimizer.Step(ones(10, 6), zeros(10, dtype: ScalarType.Int64));
        Assert.NotEmpty(raised);
        Assert.Equal(optimizer.FallbackCount, raised.Count);
        Assert.Equal(raised.Count, log.All.Count);
        Assert.Contains(raised[0].Description, log.All[0]);
        Assert.StartsWith(nameof(LogLevel.Warning), log.All[0]);
    }

    private sealed class Lines : ILogger
    {
        internal List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => All.Add(string.Create(CultureInfo.InvariantCulture, $"{logLevel}: {formatter(state, exception)}"));
    }
}

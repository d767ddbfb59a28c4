namespace Foof.Build.Tests.Packages;

/// <summary>The tests that share one feed, which is made once.</summary>
[CollectionDefinition(nameof(Feed))]
public sealed class SharedFeed : ICollectionFixture<Feed>;

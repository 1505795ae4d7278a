using System.Text.Json.Serialization;
using RestBroker.Cli.Consume;

namespace RestBroker.Cli.Client;

/// <summary>Every shape that is read or written as an object, generated at build time: reflection would be trimmed away.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ApiProblem))]
[JsonSerializable(typeof(CreateTopicRequest))]
[JsonSerializable(typeof(AlterTopicRequest))]
[JsonSerializable(typeof(TopicDescription))]
[JsonSerializable(typeof(TopicPage))]
[JsonSerializable(typeof(OffsetList))]
[JsonSerializable(typeof(CreateGroupRequest))]
[JsonSerializable(typeof(GroupDescription))]
[JsonSerializable(typeof(GroupPage))]
[JsonSerializable(typeof(GroupLag))]
[JsonSerializable(typeof(GroupFetchRequest))]
[JsonSerializable(typeof(CommitRequest))]
[JsonSerializable(typeof(CommitAnswer))]
[JsonSerializable(typeof(AckRequest))]
[JsonSerializable(typeof(AckAnswer))]
[JsonSerializable(typeof(ResetRequest))]
[JsonSerializable(typeof(ResetAnswer))]
[JsonSerializable(typeof(Gap[]))]
[JsonSerializable(typeof(LeaseIdentity))]
internal sealed partial class JsonContext : JsonSerializerContext;

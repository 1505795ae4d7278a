using System.Text.Json.Serialization;

namespace RestBroker.Server.Contracts;

/// <summary>Serializers made at compile time for every type of the contract.</summary>
[JsonSerializable(typeof(PutTopicRequest))]
[JsonSerializable(typeof(CreateTopicRequest))]
[JsonSerializable(typeof(PatchTopicRequest))]
[JsonSerializable(typeof(TopicResponse))]
[JsonSerializable(typeof(TopicListResponse))]
[JsonSerializable(typeof(PartitionResponse))]
[JsonSerializable(typeof(PartitionListResponse))]
[JsonSerializable(typeof(OffsetListResponse))]
[JsonSerializable(typeof(DeleteRecordsResponse))]
[JsonSerializable(typeof(ProduceRecordsRequest))]
[JsonSerializable(typeof(ProduceResponse))]
[JsonSerializable(typeof(ReceiptResponse))]
[JsonSerializable(typeof(PutGroupRequest))]
[JsonSerializable(typeof(GroupResponse))]
[JsonSerializable(typeof(GroupListResponse))]
[JsonSerializable(typeof(GroupLagResponse))]
[JsonSerializable(typeof(ResetOffsetsRequest))]
[JsonSerializable(typeof(ResetOffsetsResponse))]
[JsonSerializable(typeof(FetchGroupRequest))]
[JsonSerializable(typeof(LeaseResponse))]
[JsonSerializable(typeof(FetchGroupResponse))]
[JsonSerializable(typeof(CommitGroupRequest))]
[JsonSerializable(typeof(CommitGroupResponse))]
[JsonSerializable(typeof(AckGroupRequest))]
[JsonSerializable(typeof(AckGroupResponse))]
[JsonSerializable(typeof(ProblemListResponse))]
[JsonSerializable(typeof(ProblemResponse))]
[JsonSerializable(typeof(HealthResponse))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;

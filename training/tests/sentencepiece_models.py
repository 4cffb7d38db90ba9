"""SentencePiece models with chosen pieces and scores, for tests."""

from sentencepiece import sentencepiece_model_pb2 as schema

Kind = schema.ModelProto.SentencePiece


def model_of(scores: dict[str, float], user_defined: tuple[str, ...] = ()) -> bytes:
    """The bytes of a unigram model: <unk>, `scores`, then `user_defined`; no rules."""
    proto = schema.ModelProto()
    proto.trainer_spec.model_type = schema.TrainerSpec.UNIGRAM
    proto.pieces.add(piece="<unk>", type=Kind.UNKNOWN)
    for text, score in scores.items():
        proto.pieces.add(piece=text, score=score)
    for text in user_defined:
        proto.pieces.add(piece=text, type=Kind.USER_DEFINED)
    return proto.SerializeToString()
